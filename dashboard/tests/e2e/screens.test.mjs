// Every screen in both languages, both themes and on a phone: nothing sticks out, nothing is refused
// by the policy, and axe finds nothing serious. Runs against fixtures or a real server.
import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import { axe, launch, overflow } from './browser.mjs';
import { fixtures, REAL, visit } from './stage.mjs';

const SCREENS = ['/', '/jobs', '/timeline', '/queues', '/schedules', '/dead-letters', '/workers', '/bulk', '/audit',
  '/settings', '/nowhere', ...(REAL ? [] : ['/jobs/4811230', '/jobs/1', '/jobs?kind=none', '/timeline?tag=order:7004',
    '/schedules/daily-digest'])];
const LOOKS = {
  English: {},
  Arabic: { language: 'ar' },
  'Arabic, dark': { language: 'ar', theme: 'dark' },
  'a phone': { view: 'phone' },
  'a phone, Arabic, dark': { view: 'phone', language: 'ar', theme: 'dark' },
};

let browser;
let server;
before(async () => {
  browser = await launch();
  server = REAL ? { url: REAL, close: () => undefined } : await fixtures();
});
after(async () => {
  await browser.close();
  await server.close();
});

for (const [name, options] of Object.entries(LOOKS)) {
  test(`every screen in ${name}`, async () => {
    const { context, page, failures } = await visit(browser, server.url, '/', options);
    const found = [];
    for (const path of SCREENS) {
      await page.goto(`${server.url}/admin${path}`);
      await page.waitForSelector('main h1');
      await page.waitForSelector('.skeleton', { state: 'detached' });
      found.push(...(await axe(page)).map((each) => `${path}: ${each}`));
      const over = await overflow(page);
      if (over > 0) found.push(`${path}: ${over} px too wide`);
    }
    await context.close();
    assert.deepEqual(found, []);
    assert.deepEqual(failures, []);
  });
}

test('dialogs and menus', { skip: REAL ? 'needs fixtures' : false }, async () => {
  const found = [];
  for (const language of ['en', 'ar']) {
    const { context, page } = await visit(browser, server.url, '/queues', { language });
    await page.locator('.section-actions button').nth(1).click();
    await page.getByRole('dialog').waitFor();
    found.push(...await axe(page));
    await page.keyboard.press('Escape');
    await page.locator('.account').click();
    await page.getByRole('menu').waitFor();
    found.push(...await axe(page));
    await page.keyboard.press('Escape');
    await page.goto(`${server.url}/admin/jobs`);
    await page.locator('.select-button').first().click();
    await page.getByRole('listbox').waitFor();
    found.push(...await axe(page));
    await context.close();
  }
  assert.deepEqual(found, []);
});
