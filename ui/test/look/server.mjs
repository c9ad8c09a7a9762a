// Serves the demo that `npm run build:demo` made, to this computer only. What goes wrong in the page is noted in
// `window.told`, by a script that comes before all others. `?ticks=N` makes everything that moves by itself do so N
// times, and then stand still.
import { existsSync, readFileSync } from 'node:fs';
import { createServer } from 'node:http';
import { extname, join, normalize } from 'node:path';

const KINDS = {
  '.html': 'text/html; charset=utf-8',
  '.js': 'text/javascript',
  '.css': 'text/css',
  '.woff': 'font/woff',
  '.woff2': 'font/woff2',
  '.svg': 'image/svg+xml',
  '.png': 'image/png',
  '.jpg': 'image/jpeg',
};

const NOTE = `
window.told = [];
addEventListener('error', (event) => told.push('error: ' + (event.message || event.target?.src || event.target?.href)), true);
addEventListener('unhandledrejection', (event) => told.push('unhandled: ' + (event.reason?.stack || event.reason)));
addEventListener('securitypolicyviolation', (event) => told.push('policy: ' + event.violatedDirective + ' ' + event.blockedURI));
for (const kind of ['error', 'warn']) {
  const plain = console[kind];
  console[kind] = (...words) => { told.push(kind + ': ' + words.map(String).join(' ')); plain.apply(console, words); };
}
const ticks = Number(new URLSearchParams(location.search).get('ticks') ?? Infinity);
if (ticks < Infinity) {
  window.setInterval = (run) => {
    let left = ticks;
    const step = () => { if (left-- > 0) run(), id.next = setTimeout(step, 5); };
    const id = { next: setTimeout(step, 5) };
    return id;
  };
  window.clearInterval = (id) => { if (id) clearTimeout(id.next); };
}`;

/** `address` is where it answers; `end()` stops it. */
export async function serve(folder) {
  if (!existsSync(join(folder, 'index.html'))) throw new Error(`${folder} is not built: npm run build:demo`);
  const server = createServer((request, response) => {
    const path = new URL(request.url, 'http://here').pathname;
    if (path === '/told.js') return response.setHeader('Content-Type', KINDS['.js']).end(NOTE);
    const file = join(folder, normalize(path === '/' ? '/index.html' : decodeURIComponent(path)));
    if (path === '/favicon.ico') return response.writeHead(204).end();
    if (!file.startsWith(folder) || !existsSync(file)) return response.writeHead(404).end();
    response.setHeader('Content-Type', KINDS[extname(file)] ?? 'application/octet-stream');
    const bytes = readFileSync(file);
    if (path !== '/') return response.end(bytes);
    return response.end(String(bytes).replace('<head>', '<head><script src="/told.js"></script>'));
  });
  await new Promise((done) => server.listen(0, '127.0.0.1', done));
  return {
    address: `http://127.0.0.1:${server.address().port}/`,
    end: () => (server.closeAllConnections(), new Promise((done) => server.close(done))),
  };
}
