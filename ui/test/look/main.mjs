// Looks at every screen of the demo in the window's own web engine.
//
//   node test/look/main.mjs draw [ID...]    draws the pictures of the user guide
//   node test/look/main.mjs check [ID...]   axe-core, sideways scrolling, overlaps, errors: nothing may be found; also
//                                           as in a language that is written from right to left
import { spawnSync } from 'node:child_process';
import { mkdirSync, readFileSync, readdirSync, rmSync, writeFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { join } from 'node:path';
import { runnerImport } from 'vite';
import { openBrowser } from './browser.mjs';
import { serve } from './server.mjs';

const ui = join(import.meta.dirname, '../..');
const guide = join(ui, '../docs/user-guide');
const pictures = join(guide, 'images');
const [what, ...only] = process.argv.slice(2);
if (what !== 'draw' && what !== 'check') {
  console.error('usage: node test/look/main.mjs draw|check [ID...]');
  process.exit(64);
}

const { module } = await runnerImport(join(ui, 'src/screens-list.ts'), { logLevel: 'error' });
const screens = Object.entries(module.screens).flatMap(([page, some]) => some.map((one) => ({ page, ...one })));
const wanted = screens.filter(({ id }) => only.length === 0 || only.includes(id));
for (const id of only) if (!screens.some((one) => one.id === id)) throw new Error(`there is no screen ${id}`);

/** Goes to a screen, as somebody would. */
async function show(browser, address, screen, { language, textPercent, isRtl = false }) {
  const query = new URLSearchParams({ scene: screen.scene, page: screen.begin ?? screen.page, language });
  if (screen.ticks !== undefined) query.set('ticks', screen.ticks);
  // Two screens in a row can have one address: the page must be loaded anew all the same.
  await browser.go('about:blank');
  await browser.go(`${address}?${query}`);
  // A page that still waits for its answers is no picture of it.
  const isThere = `return document.querySelector('h1') && !document.querySelector('[aria-busy=true]')`;
  for (let tries = 0; !(await browser.run(isThere)); tries += 1) {
    if (tries > 100) throw new Error(`no page appears: ${await browser.run('return window.told')}`);
    await new Promise((done) => setTimeout(done, 50));
  }
  // No sentences are written so yet; the page must be ready for them.
  if (isRtl) await browser.run(`document.documentElement.dir = 'rtl'`);
  if (textPercent !== 100)
    await browser.run(`document.documentElement.style.fontSize = '${(17 * textPercent) / 100}px'`);
  for (const step of screen.steps ?? []) {
    const element = await browser.find(step.click ?? step.type ?? step.see);
    if (step.click) await browser.click(element);
    if (step.type) await browser.type(element, step.text[language]);
  }
  await browser.wait('const done = arguments[0]; document.fonts.ready.then(() => setTimeout(done, 100))');
}

/** At most 256 colours: a third of the bytes, and nobody sees it. */
function smaller(png) {
  const made = spawnSync('pngquant', ['--quality=80-100', '--speed=1', '--strip', '-'], { input: png });
  if (made.error) throw new Error(`pngquant: ${made.error.message}`);
  return made.status === 0 ? made.stdout : png;
}

async function draw(browser, address, dark) {
  const looks = dark
    ? [{ name: 'dark', language: 'en' }]
    : [
        { name: 'light', language: 'en' },
        { name: 'german', language: 'de' },
      ];
  const found = [];
  await browser.resize(980, 680);
  for (const screen of wanted) {
    for (const { name, language } of looks) {
      await show(browser, address, screen, { language, textPercent: 100 });
      // The pointer and the caret stand where the last click was.
      await browser.run('document.activeElement?.blur()');
      const png = smaller(await browser.picture());
      writeFileSync(join(pictures, `${screen.id}-${name}.png`), png);
      console.log(`${screen.id}-${name}.png  ${Math.ceil(png.length / 1000)} kB`);
      const told = await browser.run('return window.told');
      found.push(...told.map((one) => `${screen.id}-${name}\n    ${one}`));
    }
  }
  return found;
}

const axe = what === 'check' ? readFileSync(createRequire(import.meta.url).resolve('axe-core/axe.min.js'), 'utf8') : '';

const AXE = `
const done = arguments[arguments.length - 1];
axe.run(document, { resultTypes: ['violations'] }).then(
  ({ violations }) => done(violations.map((one) => one.id + ': ' + one.help + '\\n' +
    one.nodes.slice(0, 3).map((node) => '      ' + node.target.join(' ') + '  ' + (node.any[0]?.message ?? node.failureSummary)).join('\\n'))),
  (error) => done(['axe failed: ' + error]));`;

const SIDEWAYS = `
const isOutside = (inner, outer) => inner.right > outer.right + 1 || inner.left < outer.left - 1;
return [document.documentElement, ...document.querySelectorAll('main, dialog')]
  .filter((one) => one.scrollWidth > one.clientWidth + 1)
  .map((one) => 'scrolls sideways: ' + one.tagName.toLowerCase() + ' ' + one.scrollWidth + ' in ' + one.clientWidth + ', because of ' +
    [...one.querySelectorAll('*')].filter((inner) => isOutside(inner.getBoundingClientRect(), one.getBoundingClientRect()))
      .slice(0, 3).map((inner) => inner.tagName.toLowerCase() + '.' + inner.className).join(' '));`;

// What is seen of controls and texts, without what is drawn over the page on purpose: the line of buttons at its end.
const OVERLAPS = `
const top = document.querySelector('dialog[open]') ?? document.body;
const seen = [];
for (const one of top.querySelectorAll('button, a, input, select, textarea, h1, h2, h3, p, dt, dd, legend, strong, figcaption, .small')) {
  if (one.closest('.steps, .unseen, .skip') || !one.checkVisibility({ visibilityProperty: true })) continue;
  let { left, right, top, bottom } = one.getBoundingClientRect();
  for (let around = one.parentElement; around; around = around.parentElement) {
    if (getComputedStyle(around).overflow === 'visible') continue;
    const box = around.getBoundingClientRect();
    [left, right] = [Math.max(left, box.left), Math.min(right, box.right)];
    [top, bottom] = [Math.max(top, box.top), Math.min(bottom, box.bottom)];
  }
  if (right - left > 2 && bottom - top > 2) seen.push({ one, left, right, top, bottom });
}
const called = ({ one }) => one.tagName.toLowerCase() + ' "' + (one.textContent.trim() || one.ariaLabel || '').slice(0, 30) + '"';
const found = [];
seen.forEach((a, index) => seen.slice(index + 1).forEach((b) => {
  const across = Math.min(a.right, b.right) - Math.max(a.left, b.left);
  const down = Math.min(a.bottom, b.bottom) - Math.max(a.top, b.top);
  if (across > 2 && down > 2 && !a.one.contains(b.one) && !b.one.contains(a.one)) found.push('overlap: ' + called(a) + ' and ' + called(b));
}));
return found.slice(0, 5);`;

// As a printer sees it: the sheet alone, on one page A4 less the margins that it asks for.
const PAPER = `
const sheet = document.querySelector('.printed-sheet');
if (!sheet) return [];
const rules = [...document.styleSheets].flatMap((one) => [...one.cssRules]).filter((rule) => rule.media?.mediaText === 'print');
rules.forEach((rule) => (rule.media.mediaText = 'all'));
document.body.style.inlineSize = 210 - 2 * 8 + 'mm';
const others = [...document.body.children].filter((one) => one !== sheet && one.checkVisibility());
const { width, height } = sheet.getBoundingClientRect();
const wide = Math.max(sheet.scrollWidth, width);
document.body.style.inlineSize = '';
rules.forEach((rule) => (rule.media.mediaText = 'print'));
const mm = (pixels) => Math.round((pixels / 96) * 25.4);
return [
  ...(rules.length === 0 || height === 0 ? ['on paper: nothing'] : []),
  ...(others.length > 0 ? ['on paper: more than the sheet'] : []),
  ...(mm(height) > 297 - 2 * 8 ? ['on paper: ' + mm(height) + ' mm high'] : []),
  ...(mm(wide) > 210 - 2 * 8 ? ['on paper: ' + mm(wide) + ' mm wide'] : []),
];`;

const FROM_THE_RIGHT = [
  { width: 980, height: 680, language: 'en', textPercent: 100, isRtl: true },
  { width: 640, height: 480, language: 'de', textPercent: 100, isRtl: true },
];

async function check(browser, address, dark) {
  const found = [];
  const looks = [
    { width: 980, height: 680, language: 'en', textPercent: 100 },
    { width: 640, height: 480, language: 'de', textPercent: 100 },
    ...(dark ? [] : [{ width: 980, height: 680, language: 'de', textPercent: 200 }, ...FROM_THE_RIGHT]),
  ];
  for (const look of looks) {
    await browser.resize(look.width, look.height);
    for (const screen of wanted) {
      const name = `${screen.id}, ${dark ? 'dark' : 'light'}, ${look.width} x ${look.height}, ${look.language}, ${look.textPercent} %${look.isRtl ? ', from the right' : ''}`;
      try {
        await show(browser, address, screen, look);
        await browser.run(axe);
        const wrong = [
          ...(await browser.wait(AXE)),
          ...(await browser.run(SIDEWAYS)),
          ...(await browser.run(OVERLAPS)),
          ...(await browser.run(PAPER)),
          ...(await browser.run('return window.told')),
        ];
        found.push(...wrong.map((one) => `${name}\n    ${one}`));
      } catch (error) {
        found.push(`${name}\n    ${error.message}`);
      }
    }
  }
  return found;
}

async function inBrowser(server, dark) {
  const browser = await openBrowser({ dark });
  try {
    await browser.go(server.address);
    const isDark = await browser.run('return matchMedia("(prefers-color-scheme: dark)").matches');
    if (isDark !== dark) throw new Error(`the browser was asked for ${dark ? 'dark' : 'light'} and is not`);
    return await (what === 'draw' ? draw : check)(browser, server.address, dark);
  } finally {
    await browser.end();
  }
}

/** The guide's last chapter shows all; what is no screen any more goes. */
function gallery() {
  const files = screens.flatMap(({ id }) => ['light', 'dark', 'german'].map((look) => `${id}-${look}.png`));
  for (const name of readdirSync(pictures)) if (!files.includes(name)) rmSync(join(pictures, name));
  const shown = screens.map(
    ({ id }) =>
      `## ${id}\n\n![${id}, light](images/${id}-light.png)\n![${id}, dark](images/${id}-dark.png)\n![${id}, in German](images/${id}-german.png)\n`,
  );
  const head =
    '# 14. Every screen\n\nIn light, in dark and in German. `make screenshots` draws them and writes this page.\n\n';
  writeFileSync(join(guide, '14-every-screen.md'), head + shown.join('\n'));
}

mkdirSync(pictures, { recursive: true });
const server = await serve(join(ui, 'dist-demo'));
const found = [];
try {
  found.push(...(await Promise.all([inBrowser(server, false), inBrowser(server, true)])).flat());
} finally {
  await server.end();
}
if (what === 'draw' && only.length === 0) gallery();
const once = [...new Set(found)];
for (const one of once) console.error(one);
console.log(`${wanted.length} screens, ${once.length} ${once.length === 1 ? 'thing' : 'things'} found`);
process.exitCode = once.length === 0 ? 0 : 1;
