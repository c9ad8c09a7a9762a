import '@fontsource/atkinson-hyperlegible/400.css';
import '@fontsource/atkinson-hyperlegible/700.css';
import './tokens.css';
import './base.css';
import { mount } from 'svelte';
import App from './App.svelte';
import { backend, useBackend } from './backend';
import { speak, t } from './sentences';
import { pageOf, view } from './state.svelte';

async function begin(): Promise<void> {
  if (__DEMO__) {
    const { demo } = await import('./backend/fake');
    useBackend(demo(new URLSearchParams(location.search)));
  } else {
    const { tauri } = await import('./backend/tauri');
    useBackend(tauri);
  }
  const around = await backend().surroundings();
  view.home = around.home ?? '';
  speak(around.language, around.locale, around.hour12);
  document.documentElement.lang = around.language;
  document.documentElement.dir = t('direction');
  if (around.page) view.page = pageOf(around.page);
  mount(App, { target: document.getElementById('app')! });
}

void begin();
