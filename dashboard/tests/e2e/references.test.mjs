// The stable screens against pictures of them that somebody has looked at (references/).
//
// BARID_REFERENCES=write   takes them anew: npm run references
// BARID_SCREENS=job,phone  only these
import assert from 'node:assert/strict';
import { existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { after, before, test } from 'node:test';
import { fileURLToPath } from 'node:url';
import { launch, open, VIEWS } from './browser.mjs';
import { newWorld, serve as serveContent } from './content/server.mjs';
import { NOW } from './fixtures/core.mjs';
import { difference, reduced } from './picture.mjs';
import { LOOKS, SCREENS } from './references.mjs';
import { DIST, fixtures, REAL } from './stage.mjs';

// The pages bring their letters with them, but not every sign (✓, ⚠): the machine's fonts have those, and
// machines differ. These two are what Debian gives every program that draws letters.
const FONTS = '/usr/share/fonts/truetype/dejavu';
const LETTERS = ['DejaVuSans.ttf', 'DejaVuSansMono.ttf'];
const fontless = LETTERS.some((file) => !existsSync(`${FONTS}/${file}`)) && 'needs fonts-dejavu-core';
const skip = REAL ? 'needs fixtures' : fontless;
const here = fileURLToPath(new URL('.', import.meta.url));
const OUT = process.env['BARID_E2E_SHOTS'] ?? `${here}out`;
const WRITE = process.env['BARID_REFERENCES'] === 'write';
const only = process.env['BARID_SCREENS']?.split(',');
const policy = readFileSync(`${here}../../csp.txt`, 'utf8').trim();
const reference = (name) => `${here}references/${name}.png`;

/** A configuration in `folder` by which the browser finds those fonts and no others. */
function onlyThese(folder) {
  mkdirSync(`${folder}/fonts`);
  for (const file of LETTERS) symlinkSync(`${FONTS}/${file}`, `${folder}/fonts/${file}`);
  const prefer = (generic, family) =>
    `<alias><family>${generic}</family><prefer><family>${family}</family></prefer></alias>`;
  writeFileSync(`${folder}/fonts.conf`, `<?xml version="1.0"?><!DOCTYPE fontconfig SYSTEM "fonts.dtd">
<fontconfig><dir>${folder}/fonts</dir><cachedir>${folder}/cache</cachedir>
${prefer('sans-serif', 'DejaVu Sans')}${prefer('monospace', 'DejaVu Sans Mono')}</fontconfig>
`);
  return { FONTCONFIG_FILE: `${folder}/fonts.conf` };
}

let browser;
let bench;
let folder;
before(async () => {
  if (skip) return;
  folder = mkdtempSync(`${tmpdir()}/barid-letters-`);
  browser = await launch(onlyThese(folder));
  bench = await browser.newPage();
  mkdirSync(OUT, { recursive: true });
});
after(async () => {
  await browser?.close();
  if (folder) rmSync(folder, { recursive: true });
});

async function serverOf(screen) {
  if (screen.from === 'core') {
    const server = await fixtures();
    screen.world?.(server.world);
    return server;
  }
  const world = newWorld();
  screen.world?.(world);
  return serveContent(DIST, policy, world);
}

/** Whatever still moves, loads or waits for its letters. */
async function settle(page) {
  await page.waitForSelector('.skeleton, [aria-busy="true"]', { state: 'detached' });
  await page.waitForFunction(() => !document.querySelector('.live-connecting, .live-down'));
  await page.evaluate(async () => {
    await document.fonts.ready;
    await Promise.all([...document.images].map((image) => image.decode().catch(() => undefined)));
    await new Promise((resolve) => requestAnimationFrame(() => requestAnimationFrame(resolve)));
  });
}

async function arrive(context, server, screen) {
  const page = await context.newPage();
  await page.clock.setFixedTime(screen.from === 'core' ? NOW : new Date('2026-11-22T12:00:00Z'));
  await page.goto(`${server.url}/admin${screen.path}`);
  await page.waitForSelector('main h1');
  await settle(page);
  if (screen.ask) {
    await screen.ask(page);
    await settle(page);
  }
  return page;
}

async function take(page, screen) {
  if (!screen.top) {
    // As high as the page is: what sticks to the window's edges stands where it belongs.
    const { width } = page.viewportSize();
    await page.setViewportSize(VIEWS[width < 600 ? 'phone' : 'desktop']);
    const height = await page.evaluate(() => document.documentElement.scrollHeight);
    await page.setViewportSize({ width, height });
    await settle(page);
  }
  return page.screenshot({ animations: 'disabled', caret: 'hide' });
}

/** What is wrong with the picture of a screen; where it was left, then. */
async function judge(name, picture) {
  const actual = await reduced(bench, picture);
  if (WRITE) {
    // A picture that is as good as the old one isn't a change.
    if (!existsSync(reference(name)) || await difference(bench, actual, readFileSync(reference(name)))) {
      writeFileSync(reference(name), actual);
    }
    writeFileSync(`${OUT}/${name}.png`, picture);
    return null;
  }
  const wrong = existsSync(reference(name))
    ? await difference(bench, actual, readFileSync(reference(name))) : 'there is no reference of it';
  if (wrong === null) return null;
  writeFileSync(`${OUT}/${name}.png`, picture);
  return `${name}: ${wrong}; see ${OUT}/${name}.png, and if it is as it should be: npm run references`;
}

for (const [look, options] of Object.entries(LOOKS)) {
  test(`stable screens look as they did: ${look}`, { skip }, async () => {
    const { context } = await open(browser, options);
    const wrong = [];
    for (const [name, screen] of Object.entries(SCREENS)) {
      if (!screen.looks.includes(look) || (only && !only.includes(name))) continue;
      const server = await serverOf(screen);
      const page = await arrive(context, server, screen);
      wrong.push(await judge(`${name}.${look}`, await take(page, screen)));
      await page.close();
      await server.close();
    }
    await context.close();
    assert.deepEqual(wrong.filter(Boolean), []);
  });
}

/** What must be seen, as styles or attributes of the whole page, and what must not. */
const FAULTS = {
  'the direction is lost': { dir: 'ltr' },
  'the dark colours are lost': { theme: 'light' },
  'a panel is blank': { style: '.section:nth-of-type(2) { visibility: hidden }' },
  'a panel is gone': { style: '.section:nth-of-type(2) { display: none }' },
  'texts are clipped': { style: '.facts > * > * { max-width: 24px; overflow: hidden; white-space: nowrap }' },
  'texts overlap': { style: '.step-body { gap: 0; line-height: 0.5 }' },
  'the navigation stands on the wrong side': { style: '.side { order: 2 }' },
  'the letters are of another font': { style: 'body * { font-family: serif !important }' },
};
const HARMLESS = {
  'letters are set more exactly': { style: 'body { text-rendering: geometricPrecision }' },
  'letters stand half a pixel away': { style: '#root { transform: translate(0.5px, 0.5px) }' },
  'letters are a little bolder': { style: 'body { -webkit-text-stroke: 0.2px }' },
};

/** In the page: makes it so; without anything, as it was. */
function disturb({ dir = 'rtl', theme = 'dark', style = '' }) {
  Object.assign(document.documentElement, { dir });
  document.documentElement.dataset.theme = theme;
  const sheet = new CSSStyleSheet();
  sheet.replaceSync(style);
  document.adoptedStyleSheets = [sheet];
}

test('the comparison sees faults, and no other way to draw letters', { skip: skip || WRITE }, async (t) => {
  const { context } = await open(browser, LOOKS['ar-dark']);
  const screen = SCREENS.job;
  const server = await serverOf(screen);
  const page = await arrive(context, server, screen);
  const was = readFileSync(reference('job.ar-dark'));
  const told = async (change) => {
    await page.evaluate(disturb, change);
    return difference(bench, await reduced(bench, await take(page, screen)), was);
  };
  for (const [name, change] of Object.entries(FAULTS)) {
    const wrong = await told(change);
    t.diagnostic(`${name}: ${wrong}`);
    assert.notEqual(wrong, null, name);
  }
  for (const [name, change] of Object.entries(HARMLESS)) assert.equal(await told(change), null, name);
  assert.equal(await told({}), null, 'the page as it is');
  await context.close();
  await server.close();
});
