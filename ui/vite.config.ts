import { svelte } from '@sveltejs/vite-plugin-svelte';
import { svelteTesting } from '@testing-library/svelte/vite';
import { defineConfig } from 'vitest/config';

export default defineConfig(({ mode }) => ({
  plugins: [svelte(), svelteTesting()],
  // The window's own program serves it; nothing is loaded from elsewhere, and nothing is inlined (CSP).
  build: { target: 'safari17', assetsInlineLimit: 0, emptyOutDir: true },
  // In demo mode the window's program is played by `backend/fake`: for looking, screenshots and axe.
  define: { __DEMO__: JSON.stringify(mode === 'demo' || mode === 'test') },
  test: { environment: 'jsdom', include: ['src/**/*.test.ts', 'test/**/*.test.ts'], setupFiles: ['test/setup.ts'] },
}));
