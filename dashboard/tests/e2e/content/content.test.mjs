// The pages of messages and content in headless Chromium: what they send, what they must not send
// twice, what somebody without a permission sees, and axe on every page.
//   node tests/e2e/content/content.test.mjs [part of a name…]
import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { axe, launch, open, overflow } from '../browser.mjs';
import { ALL_PERMISSIONS, DRAFT, NOTIFICATION } from './fixtures.mjs';
import { PAGES } from './pages.mjs';
import { changed, newWorld, serve } from './server.mjs';

// A real server has none of these fixtures.
if (process.env.BARID_E2E_URL) process.exit(0);

const root = fileURLToPath(new URL('../../..', import.meta.url));
const dist = process.env.BARID_DASHBOARD_DIST ?? `${root}dist`;
const policy = readFileSync(`${root}csp.txt`, 'utf8').trim();
const NOW = new Date('2026-11-22T12:00:00Z');
const words = (language) => Object.assign({}, ...['notifications', 'resend', 'translations', 'broadcasts', 'content', 'shop', 'ui']
  .map((file) => JSON.parse(readFileSync(`${root}src/messages/${language}/${file}.json`, 'utf8'))));

const tests = [];
const test = (name, run, look) => tests.push({ name, run, look });
const button = (page, name) => page.getByRole('button', { name, exact: true });

async function resendFlow({ page, go, world, t, language }) {
  await go(`/notifications/${NOTIFICATION}`);
  await page.getByRole('link', { name: t['notifications.resend'], exact: true }).click();
  await page.getByText(t['why.token_unregistered']).first().waitFor();
  await button(page, t['resend.next']).click();
  await page.getByText(t['resend.mode.unknown'], { exact: true }).click();
  assert.ok(page.url().includes('mode=unknown'), 'the choice is in the address');
  await button(page, t['resend.next']).click();
  await page.locator('.resend-count').waitFor();
  const send = page.locator('.flow-foot .button-primary');
  assert.equal(await send.isDisabled(), true, 'nothing is sent without a reason');
  await page.locator('textarea').fill(language === 'ar' ? 'تعطّل المزوّد' : 'The provider was away');
  world.delayMs = 150;
  // Two clicks in one task: before any drawing in between.
  await send.evaluate((element) => { element.click(); element.click(); });
  await page.waitForURL(/\/admin\/resends\/7$/);
  assert.equal(world.posts.filter((post) => post.path === '/resends').length, 1, 'asked for once');
  const { body } = world.posts[0];
  assert.equal(body.mode, 'unknown');
  assert.deepEqual(body.filter, { notification_ids: [NOTIFICATION] });
  assert.equal(body.expected, 530);
  assert.ok(body.request_key.length >= 16);
  await page.getByText(t['resend.watch.done'], { exact: true }).waitFor({ timeout: 20_000 });
  await page.reload();
  await page.getByText(t['resend.watch.done'], { exact: true }).waitFor();
  await page.goBack();
  await page.waitForSelector('h1');
  assert.equal(world.posts.length, 1, 'neither a reload nor "back" sends again');
}
test('the re-send flow in English', (tools) => resendFlow(tools));
test('the re-send flow in Arabic', (tools) => resendFlow(tools));

test('a count that has changed shows the new one and sends nothing', async ({ page, go, world, t }) => {
  await go('/resend?since=2026-11-22T02:00&step=check');
  await page.locator('.resend-count').waitFor();
  world.deliveries = 900;
  await page.locator('textarea').fill('outage');
  await page.locator('.flow-foot .button-primary').click();
  await page.getByText(t['resend.check.changed'].split(':')[0]).waitFor();
  assert.equal(world.keys.size, 0);
  await page.getByText('900').first().waitFor();
  await page.locator('.flow-foot .button-primary').click();
  await page.waitForURL(/\/resends\/7$/);
  assert.equal(world.keys.size, 1);
});

test('an answer that is lost does not make a second re-send', async ({ page, go, world }) => {
  await go('/resend?since=2026-11-22T02:00&step=check');
  await page.locator('.resend-count').waitFor();
  await page.locator('textarea').fill('outage');
  world.loseAnswers = 1;
  await page.locator('.flow-foot .button-primary').click();
  await page.waitForURL(/\/resends\/7$/);
  const asked = world.posts.filter((post) => post.path === '/resends');
  assert.equal(asked.length, 2);
  assert.equal(new Set(asked.map((post) => post.body.request_key)).size, 1);
  assert.equal(new Set(asked.map((post) => post.key)).size, 1);
  assert.equal(world.keys.size, 1);
});

test('override is asked apart, and only of those who may', async ({ page, go, world, t }) => {
  await go('/resend?since=2026-11-22T02:00&step=mode');
  await page.getByText(t['resend.override.confirm']).waitFor();
  world.permissions = ALL_PERMISSIONS.filter((name) => name !== 'notifications.override');
  await go('/resend?since=2026-11-22T02:00&step=mode&override=1');
  await page.getByText(t['resend.mode.failed'], { exact: true }).waitFor();
  assert.equal(await page.getByText(t['resend.override.confirm']).count(), 0);
  await button(page, t['resend.next']).click();
  await page.locator('.resend-count').waitFor();
  await page.locator('textarea').fill('outage');
  await page.locator('.flow-foot .button-primary').click();
  await page.waitForURL(/\/resends\/7$/);
  assert.equal(world.posts[0].body.override, false, 'an address can not ask for it either');
});

test('who may only look sees no buttons that do', async ({ page, go, world, t }) => {
  world.permissions = ['notifications.view', 'translations.view', 'media.view', 'webhooks.view'];
  await go('/notifications');
  assert.equal(await page.getByText(t['notifications.resend'], { exact: true }).count(), 0);
  await go('/translations?review=17');
  await page.getByText(t['review.denied']).waitFor();
  assert.equal(await button(page, t['review.accept']).count(), 0);
  await go('/broadcasts');
  assert.equal(await page.getByText(t['broadcasts.new']).count(), 0);
  await go('/resend');
  assert.equal(await page.locator('.resend-steps').count(), 0);
});

test('reviews by keyboard: accept, undo, edit, reject', async ({ page, go, world, t }) => {
  await go('/translations?review=17');
  await page.locator('.review').waitFor();
  await page.keyboard.press('a');
  await page.locator('.held').waitFor();
  await page.keyboard.press('u');
  await page.locator('.held').waitFor({ state: 'detached' });
  assert.equal(world.decided.size, 0, 'taken back before it was sent');
  await page.waitForURL(/review=17/);
  await page.locator('.review').waitFor();
  await page.keyboard.press('e');
  await page.locator('.words-edit').fill('قميص قطني أحمر لـ {name}، المقاس {size}، خصم 20% حتى الجمعة');
  await page.keyboard.press('Control+Enter');
  await page.locator('.held').waitFor();
  await page.waitForURL(/review=18/);
  await page.locator('.review').waitFor();
  await page.keyboard.press('j');
  await page.waitForURL(/review=19/);
  await page.locator('.review').waitFor();
  await page.keyboard.press('r');
  await page.getByRole('alertdialog').locator('textarea').fill('not our tone');
  await page.getByRole('alertdialog').getByRole('button', { name: t['review.reject'], exact: true }).click();
  await page.waitForURL(/review=20/);
  await page.clock.runFor(6000);
  await page.locator('.held').waitFor({ state: 'detached' });
  for (let i = 0; i < 50 && world.decided.size < 2; i += 1) await new Promise((resolve) => setTimeout(resolve, 50));
  assert.deepEqual(world.decided.get(17), { version: 'v17', text: 'قميص قطني أحمر لـ {name}، المقاس {size}، خصم 20% حتى الجمعة', decision: 'accept' });
  assert.deepEqual(world.decided.get(19), { version: 'v19', reason: 'not our tone', decision: 'reject' });
});

test('a broadcast starts with a reason and its number typed', async ({ page, go, world, t }) => {
  await go(`/broadcasts/${DRAFT}`);
  await button(page, t['broadcast.start']).click();
  const dialog = page.getByRole('alertdialog');
  await dialog.locator('textarea').fill('Ramadan');
  const start = dialog.getByRole('button', { name: t['broadcast.start.go'], exact: true });
  assert.equal(await start.isDisabled(), true);
  await dialog.locator('input').fill('80,412');
  await start.click();
  await dialog.waitFor({ state: 'detached' });
  assert.deepEqual(world.posts.map((post) => post.path), [`/broadcasts/${DRAFT}/start`]);
  assert.equal(world.posts[0].body.reason, 'Ramadan');
});

test('an error in a template stands under its field and can be gone to', async ({ page, go, t }) => {
  await go('/templates/order.shipped');
  const area = page.locator('textarea[dir=rtl]').nth(1);
  await area.fill('{n} من {broken');
  await button(page, t['template.save']).click();
  await page.locator('.field-error').first().waitFor();
  await page.locator('.field-error button').first().click();
  assert.equal(await area.evaluate((element) => element.selectionStart), 8);
});

async function skipEvent({ page, go, world, t, language }) {
  await go('/shop/streams/shop');
  const row = page.getByRole('row').filter({ hasText: '88121' });
  await row.getByRole('button', { name: t['blocked.skip'], exact: true }).click();
  const dialog = page.getByRole('alertdialog');
  await dialog.getByText(t['blocked.skip.hint'], { exact: true }).waitFor();
  const yes = dialog.getByRole('button', { name: t['blocked.skip.go'], exact: true });
  assert.equal(await yes.isDisabled(), true, 'nothing is skipped without a reason');
  const reason = language === 'ar' ? 'سُجّل الطلب يدويًا' : 'entered by hand';
  await dialog.locator('textarea').fill(reason);
  await yes.click();
  await row.waitFor({ state: 'detached' });
  assert.deepEqual(world.posts.map(({ path, body }) => ({ path, body })), [{ path: '/outbox/shop/skip', body: { event_id: '88121', reason } }]);
}
test('a blocked event is skipped with a reason, in English', (tools) => skipEvent(tools));
test('a blocked event is skipped with a reason, in Arabic', (tools) => skipEvent(tools));

test('an event that somebody else decided meanwhile is told, and gone', async ({ page, go, world, t }) => {
  await go('/shop/streams/shop');
  const row = page.getByRole('row').filter({ hasText: '88140' });
  await row.getByRole('button', { name: t['blocked.retry'], exact: true }).click();
  world.decided.set('88140', 'skip');
  const dialog = page.getByRole('alertdialog');
  await dialog.locator('textarea').fill('mended');
  await dialog.getByRole('button', { name: t['blocked.retry.go'], exact: true }).click();
  await row.waitFor({ state: 'detached' });
  assert.equal(world.decided.get('88140'), 'skip');
});

test('a projection is rolled back and a rebuild cancelled only after asking', async ({ page, go, world, t }) => {
  await go('/shop/projections');
  for (const [what, name] of [['rollback', 'order_search'], ['cancel', 'wishlist']]) {
    await button(page, t[`projection.${what}`]).click();
    const dialog = page.getByRole('alertdialog');
    await dialog.locator('textarea').fill('wrong columns');
    await dialog.getByRole('button', { name: t[`projection.${what}`], exact: true }).click();
    await dialog.waitFor({ state: 'detached' });
    await page.getByText(t[`projection.${what}.done`].replace('{name}', name)).waitFor();
  }
  assert.deepEqual(world.posts.map(({ path, body }) => [path, body.reason]),
    [['/projections/order_search/rollback', 'wrong columns'], ['/projections/wishlist/cancel', 'wrong columns']]);
});

test('an order is looked up by its tag and asked about again, a paused gateway resumed', async ({ page, go, world, t }) => {
  await go('/shop/payments');
  await page.locator('input[type=search]').last().fill('order:7004');
  await page.keyboard.press('Enter');
  await page.waitForURL(/order=7004/);
  await page.getByText('12.750 KWD', { exact: true }).first().waitFor();
  for (const [press, yes] of [['payments.check', 'payments.check.go'], ['gateway.resume', 'gateway.resume']]) {
    await button(page, t[press]).click();
    const dialog = page.getByRole('alertdialog');
    await dialog.getByRole('button', { name: t[yes], exact: true }).click();
    await dialog.waitFor({ state: 'detached' });
  }
  for (let i = 0; i < 50 && world.posts.length < 2; i += 1) await new Promise((resolve) => setTimeout(resolve, 50));
  assert.deepEqual(world.posts.map(({ path, body }) => ({ path, body })),
    [{ path: '/payments/check', body: { order: '7004' } }, { path: '/payments/gateways/myfatoorah_sa/resume', body: {} }]);
});

test("the shop's pages show what changed as soon as they are told", async ({ page, go, world, t }) => {
  await go('/shop/streams/shop');
  const row = page.getByRole('row').filter({ hasText: '88121' });
  await row.waitFor();
  world.decided.set('88121', 'skip');
  changed(world, ['outbox']);
  await row.waitFor({ state: 'detached' });
  for (const [path, seen, topic, text] of [['/shop', 'wishlist', 'outbox', 'streams.empty'],
    ['/shop/projections', 'wishlist', 'projections', 'projections.empty'],
    ['/shop/payments?order=7004', '12.750 KWD', 'payments', 'payments.empty']]) {
    world.empty = false;
    await go(path);
    await page.getByText(seen).first().waitFor();
    await page.locator('.live-live').waitFor({ state: 'attached' });
    world.empty = true;
    changed(world, [topic]);
    await page.getByText(t[text], { exact: true }).waitFor();
  }
});

test('who may only look at the shop decides nothing', async ({ page, go, world, t }) => {
  world.permissions = ['commerce.view'];
  for (const [path, seen, absent] of [['/shop/streams/shop', '88121', ['blocked.skip', 'blocked.retry']],
    ['/shop/projections', 'order_search', ['projection.rebuild', 'projection.rollback', 'projection.cancel']],
    ['/shop/payments?order=7004', 'myfatoorah_sa', ['payments.check', 'gateway.resume']]]) {
    await go(path);
    await page.getByText(seen).first().waitFor();
    for (const name of absent) assert.equal(await button(page, t[name]).count(), 0, name);
  }
  world.permissions = ['webhooks.view'];
  await go('/shop');
  assert.equal(await page.locator('.tabs').count(), 0);
});

test('empty and failed lists say so', async ({ page, go, world, t }) => {
  world.empty = true;
  for (const [path, text] of [['/notifications', 'notifications.empty.fresh'], ['/translations', 'review.empty'], ['/media', 'media.empty.fresh'], ['/broadcasts', 'broadcasts.empty'], ['/templates', 'templates.empty'], ['/webhooks', 'webhooks.empty'], ['/resends', 'resends.empty'], ['/shop', 'streams.empty'],
    ['/shop/streams/shop', 'blocked.empty'], ['/shop/projections', 'projections.empty'], ['/shop/payments?order=1', 'payments.empty']]) {
    await go(path);
    await page.getByText(t[text], { exact: true }).waitFor();
  }
  world.fail = { status: 503, code: 'too_slow' };
  await go('/notifications');
  await page.getByText('req-500').waitFor({ timeout: 15_000 });
});

for (const look of [{}, { language: 'ar' }, { language: 'ar', theme: 'dark' }, { language: 'ar', view: 'phone' }, { view: 'phone', theme: 'dark' }]) {
  const name = [look.language ?? 'en', look.theme, look.view].filter(Boolean).join(' ');
  test(`axe finds nothing serious, nothing sticks out: ${name}`, async ({ page, go }) => {
    const found = [];
    for (const [screen, path] of Object.entries(PAGES)) {
      await go(path);
      await page.waitForFunction(() => !document.querySelector('.skeleton'));
      for (const each of await axe(page)) found.push(`${screen}: ${each}`);
      const wide = await overflow(page);
      if (wide > 0) found.push(`${screen}: ${wide}px too wide`);
    }
    assert.deepEqual(found, []);
  }, look);
}

const wanted = process.argv.slice(2);
const browser = await launch();
let failed = 0;
for (const { name, run, look } of tests) {
  if (wanted.length > 0 && !wanted.some((part) => name.includes(part))) continue;
  const options = look ?? { language: /Arabic/.test(name) ? 'ar' : 'en' };
  const language = options.language ?? 'en';
  const world = newWorld();
  const server = await serve(dist, policy, world);
  const { context, page, failures } = await open(browser, { ...options, now: null });
  await page.clock.install({ time: NOW });
  page.on('dialog', (dialog) => {
    if (dialog.type() !== 'beforeunload') failures.push(`dialog: ${dialog.message()}`);
    void dialog.accept();
  });
  const go = async (path) => {
    await page.goto(`${server.url}/admin${path}`);
    await page.waitForSelector('main h1');
  };
  try {
    page.setDefaultTimeout(10_000);
    await run({ page, go, world, t: words(language), language });
    assert.deepEqual([...new Set(failures)], [], 'the console stays quiet');
    console.log(`ok   ${name}`);
  } catch (error) {
    failed += 1;
    console.log(`FAIL ${name}\n${error.stack ?? error}\n${failures.slice(0, 5).join('\n')}`);
    await page.screenshot({ path: `${root}tests/e2e/out/failed-${failed}.png` }).catch(() => {});
  }
  await context.close();
  server.close();
}
await browser.close();
process.exit(failed === 0 ? 0 : 1);
