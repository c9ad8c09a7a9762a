// The web engine of the window, without the window: WebKitGTK's MiniBrowser on a display of its own, driven through
// WebKitWebDriver (https://www.w3.org/TR/webdriver2/) by plain fetch.
import { spawn } from 'node:child_process';
import { existsSync, mkdirSync, mkdtempSync, readdirSync, rmSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

const ELEMENT = 'element-6066-11e4-a52e-4f735466cecf';

function miniBrowser() {
  for (const folder of existsSync('/usr/lib') ? readdirSync('/usr/lib') : []) {
    const path = join('/usr/lib', folder, 'webkit2gtk-4.1/MiniBrowser');
    if (existsSync(path)) return path;
  }
  throw new Error('MiniBrowser is missing; it comes with libwebkit2gtk-4.1-0');
}

async function freePort() {
  const server = createServer();
  await new Promise((done) => server.listen(0, '127.0.0.1', done));
  const { port } = server.address();
  await new Promise((done) => server.close(done));
  return port;
}

/** Starts a program that ends with `end()`. Its last words are kept for when it fails. */
function start(program, args, env, stdio) {
  const child = spawn(program, args, { env, stdio: stdio ?? ['ignore', 'pipe', 'pipe'] });
  let said = '';
  const keep = (bytes) => (said = (said + bytes).slice(-2000));
  child.stdout?.on('data', keep);
  child.stderr?.on('data', keep);
  const gone = new Promise((done) => child.on('exit', done).on('error', (error) => done(error.message)));
  return { child, said: () => said, gone, end: () => (child.kill(), gone) };
}

/** A display without a screen; the X server chooses its number. */
async function display() {
  const server = start('Xvfb', ['-displayfd', '3', '-screen', '0', '1400x1000x24', '-nolisten', 'tcp'], process.env, [
    'ignore',
    'ignore',
    'pipe',
    'pipe',
  ]);
  const number = await Promise.race([
    new Promise((done) => server.child.stdio[3].once('data', (bytes) => done(String(bytes).trim()))),
    server.gone.then((code) => Promise.reject(new Error(`Xvfb ended (${code}): ${server.said()}`))),
  ]);
  return { name: `:${number}`, end: server.end };
}

/** A browser that prefers light or dark as a desktop does, in a home of its own. `end()` leaves nothing behind. */
export async function openBrowser({ dark }) {
  const home = mkdtempSync(join(tmpdir(), 'keepsake-look-'));
  mkdirSync(join(home, 'config/gtk-3.0'), { recursive: true });
  mkdirSync(join(home, 'run'), { mode: 0o700 });
  writeFileSync(join(home, 'config/gtk-3.0/settings.ini'), '[Settings]\ngtk-enable-animations=0\n');
  const screen = await display();
  const port = await freePort();
  const driver = start('WebKitWebDriver', [`--port=${port}`], {
    PATH: process.env.PATH,
    HOME: home,
    XDG_CONFIG_HOME: join(home, 'config'),
    XDG_CACHE_HOME: join(home, 'cache'),
    XDG_DATA_HOME: join(home, 'data'),
    XDG_RUNTIME_DIR: join(home, 'run'),
    DISPLAY: screen.name,
    GDK_BACKEND: 'x11',
    LIBGL_ALWAYS_SOFTWARE: '1',
    NO_AT_BRIDGE: '1',
    GIO_USE_VFS: 'local',
    GSETTINGS_BACKEND: 'memory',
    // In the settings file WebKit would not see it.
    ...(dark && { GTK_THEME: 'Adwaita:dark' }),
    LANG: 'C.UTF-8',
    // The demo's moment is told in local time.
    TZ: 'Europe/Berlin',
  });

  async function ask(method, path, body) {
    const answer = await fetch(`http://127.0.0.1:${port}${path}`, {
      method,
      body: body === undefined ? undefined : JSON.stringify(body),
    });
    const { value } = await answer.json();
    if (!answer.ok) throw new Error(`${value?.error}: ${value?.message}`);
    return value;
  }

  async function ready() {
    for (let tries = 0; tries < 100; tries += 1) {
      const there = await ask('GET', '/status').catch(() => null);
      if (there) return;
      await new Promise((done) => setTimeout(done, 50));
    }
    throw new Error(`WebKitWebDriver does not answer: ${driver.said()}`);
  }

  async function end() {
    if (session) await ask('DELETE', session).catch(() => {});
    await driver.end();
    await screen.end();
    rmSync(home, { recursive: true, force: true, maxRetries: 5 });
  }

  let session;
  try {
    await ready();
    const made = await ask('POST', '/session', {
      capabilities: {
        alwaysMatch: { 'webkitgtk:browserOptions': { binary: miniBrowser(), args: ['--automation'] } },
      },
    });
    session = `/session/${made.sessionId}`;
    await ask('POST', `${session}/timeouts`, { script: 60_000, pageLoad: 30_000 });
  } catch (error) {
    await end();
    throw error;
  }

  const run = (script, ...args) => ask('POST', `${session}/execute/sync`, { script, args });

  return {
    end,
    run,
    /** For scripts that call their last argument when they are done. */
    wait: (script, ...args) => ask('POST', `${session}/execute/async`, { script, args }),
    go: (url) => ask('POST', `${session}/url`, { url }),

    /** Makes the page so large; the browser's own bars come on top. */
    async resize(width, height) {
      for (let tries = 0; tries < 20; tries += 1) {
        const inner = await run('return [innerWidth, innerHeight]');
        if (inner[0] === width && inner[1] === height) return;
        const outer = await ask('GET', `${session}/window/rect`);
        await ask('POST', `${session}/window/rect`, {
          width: outer.width + width - inner[0],
          height: outer.height + height - inner[1],
        });
        await new Promise((done) => setTimeout(done, 50));
      }
      throw new Error(`the browser cannot be made ${width} x ${height}`);
    },

    /** The element with that `data-testid`, once it is there. */
    async find(testid) {
      const value = `[data-testid="${testid}"]`;
      for (let tries = 0; tries < 100; tries += 1) {
        const found = await ask('POST', `${session}/elements`, { using: 'css selector', value });
        if (found.length > 0) return found[0][ELEMENT];
        await new Promise((done) => setTimeout(done, 50));
      }
      throw new Error(`${value} does not appear`);
    },

    /** Clicks, and takes the pointer away again: what it stands on looks different. */
    async click(element) {
      // The driver's own scrolling does not reach into a list that scrolls within a page that scrolls.
      await run('arguments[0].scrollIntoView({ block: "nearest" })', { [ELEMENT]: element });
      await ask('POST', `${session}/element/${element}/click`, {});
      // Two moves: one to where the pointer was moved before would be none.
      const actions = [2, 1].map((x) => ({ type: 'pointerMove', x, y: 1 }));
      await ask('POST', `${session}/actions`, { actions: [{ type: 'pointer', id: 'mouse', actions }] });
    },
    type: (element, text) => ask('POST', `${session}/element/${element}/value`, { text }),

    /** A PNG of the page; drawn again until two are the same, since one can be a frame old. */
    async picture() {
      let before = await ask('GET', `${session}/screenshot`);
      for (let tries = 0; tries < 20; tries += 1) {
        await this.wait('const done = arguments[0]; requestAnimationFrame(() => requestAnimationFrame(() => done()))');
        const now = await ask('GET', `${session}/screenshot`);
        if (now === before) return Buffer.from(now, 'base64');
        before = now;
      }
      throw new Error('the page never stands still');
    },
  };
}
