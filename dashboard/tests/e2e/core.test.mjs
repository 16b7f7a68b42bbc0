import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import { launch } from './browser.mjs';
import { fixtures, REAL, visit } from './stage.mjs';

const skip = REAL ? 'needs fixtures' : false;
let browser;
before(async () => { browser = await launch(); });
after(() => browser.close());

/** Runs a flow on a fresh server and page; nothing may have gone wrong on the page. */
function flow(name, path, run, options = {}) {
  test(name, { skip }, async () => {
    const server = await fixtures(options);
    const { context, page, failures } = await visit(browser, server.url, path, options);
    try {
      await run(page, server);
      assert.deepEqual(failures, []);
    } finally {
      await context.close();
      await server.close();
    }
  });
}

const button = (page, name) => page.getByRole('button', { name, exact: true });
const FAILED = 4811230;

flow('a wrong password is told apart and the right one opens the page asked for', '/queues', async (page) => {
  await page.getByLabel('Name').fill('sara');
  await page.getByLabel('Password', { exact: true }).last().fill('wrong');
  await page.keyboard.press('Enter');
  await page.getByText('That name and secret do not fit together.').waitFor();
  assert.match(await page.getByRole('alert').innerText(), /req-\d+/);
  await page.locator('input[type=password]').fill('correct horse battery');
  await page.keyboard.press('Enter');
  await page.getByRole('heading', { level: 1, name: 'Queues' }).waitFor();
}, { signedIn: false });

flow('a token signs in and is gone after signing out', '/', async (page) => {
  await page.getByRole('radio', { name: 'Access token' }).check();
  await page.locator('input[type=password]').fill('barid_secret');
  await page.keyboard.press('Enter');
  await page.getByRole('heading', { level: 1, name: 'Overview' }).waitFor();
  await page.getByRole('button', { name: /^Account/ }).click();
  await page.getByRole('menuitem', { name: 'Sign out' }).click();
  await page.getByRole('heading', { name: 'Sign in to Barid' }).waitFor();
  assert.equal(await page.evaluate(() => sessionStorage.getItem('barid.token')), null);
}, { signedIn: false });

flow('a failed job is retried', `/jobs/${FAILED}`, async (page, server) => {
  await page.getByRole('heading', { name: 'Last error' }).waitFor();
  await button(page, 'Retry').click();
  await page.getByText('The job runs again.').waitFor();
  await page.locator('.page-lead').getByText('Waiting').waitFor();
  assert.equal(server.seen[0].path, `/jobs/${FAILED}/retry`);
  assert.equal(await button(page, 'Retry').count(), 0);
});

flow('what a filter finds is cancelled after a count and a reason', '/jobs?queue=images', async (page, server) => {
  await page.getByText('All that the filters find:').waitFor();
  await button(page, 'Cancel').click();
  const dialog = page.getByRole('dialog');
  await dialog.getByText(/^\d+ jobs fit$/).waitFor();
  const matched = Number(/^(\d+)/.exec(await dialog.getByText(/jobs fit$/).innerText())[1]);
  const confirm = dialog.getByRole('button', { name: `Cancel ${matched} jobs` });
  assert.equal(await confirm.isDisabled(), true);
  await dialog.getByLabel('Reason').fill('المورّد أوقف المنتج');
  await confirm.click();
  await page.getByText(`${matched} of ${matched} done`).waitFor();
  const asked = server.seen.find((each) => each.path === '/bulk').body;
  assert.deepEqual(asked, {
    action: 'cancel', filter: { queue: 'images' }, reason: 'المورّد أوقف المنتج', expected: matched,
    upper_id: 4_900_000,
  });
});

flow('a refused bulk action shows why, and nothing is lost', '/jobs?queue=images', async (page) => {
  await button(page, 'Cancel').click();
  const dialog = page.getByRole('dialog');
  await dialog.getByLabel('Reason').fill('twice');
  await page.route('**/api/v1/bulk', (route) => route.fulfill({
    status: 409,
    contentType: 'application/problem+json',
    body: JSON.stringify({ code: 'conflict', detail: 'more match now than were shown', request_id: 'req-x', errors: [] }),
  }));
  await dialog.getByRole('button', { name: /^Cancel \d+ jobs$/ }).click();
  await dialog.getByText('more match now than were shown').waitFor();
  await dialog.getByText('req-x').waitFor();
  assert.equal(await dialog.getByLabel('Reason').inputValue(), 'twice');
});

flow('chosen dead letters are redriven', '/dead-letters', async (page, server) => {
  const boxes = page.locator('tbody input[type=checkbox]');
  await boxes.nth(0).check();
  await boxes.nth(1).check();
  await page.getByText('2 jobs selected').waitFor();
  await button(page, 'Redrive').click();
  const dialog = page.getByRole('dialog');
  await dialog.getByLabel('Reason').fill('partner is back');
  await dialog.getByRole('button', { name: 'Redrive 2 jobs' }).click();
  await page.getByText('2 of 2 done').waitFor();
  assert.equal(server.seen.find((each) => each.path === '/bulk').body.filter.ids.length, 2);
});

flow('pausing a queue can be taken back', '/queues', async (page, server) => {
  const card = page.locator('.section', { hasText: 'translations' });
  await card.getByRole('button', { name: 'Pause' }).click();
  await page.getByText('translations is paused.').waitFor();
  await card.getByText('Paused').waitFor();
  await button(page, 'Undo').click();
  await card.getByRole('button', { name: 'Pause' }).waitFor();
  assert.deepEqual(server.seen.map((each) => each.path), ['/queues/translations/pause', '/queues/translations/resume']);
});

flow('limits that somebody else has changed are not overwritten', '/queues', async (page, server) => {
  const card = page.locator('.section', { hasText: 'images' }).first();
  await card.getByRole('button', { name: 'Limits' }).click();
  const dialog = page.getByRole('dialog');
  await dialog.getByLabel('At once', { exact: true }).fill('٦');
  server.world.queues[2].settings_etag = '"other"';
  await dialog.getByRole('button', { name: 'Save 1 change' }).click();
  await dialog.getByText(/Somebody else has changed it/).waitFor();
  server.world.queues[2].settings_etag = '"q1"';
  await dialog.getByRole('button', { name: 'Save 1 change' }).click();
  await page.getByText('The limits of images are saved.').waitFor();
  assert.deepEqual(server.seen.at(-1).body, { concurrency: 6 });
});

flow('a schedule shows when it will run while its line is typed', '/schedules', async (page, server) => {
  await button(page, 'New schedule').click();
  const dialog = page.getByRole('dialog');
  await dialog.getByLabel('Name').fill('weekly');
  await dialog.getByLabel('Cron line').fill('nonsense');
  await dialog.getByText(/five fields are needed/).waitFor();
  await dialog.getByLabel('Cron line').fill('0 9 * * 1');
  await dialog.getByText(/^Sun, 22 Nov 2026, 14:00$/).waitFor();
  await dialog.getByLabel('Kind').fill('notify.broadcast');
  await dialog.getByRole('button', { name: 'Save' }).click();
  await page.getByText('weekly is saved.').waitFor();
  assert.ok(server.seen.some((each) => each.method === 'PUT' && each.path === '/schedules/weekly'));
});

flow('who may only look sees no buttons for what is not allowed', '/jobs', async (page) => {
  await page.locator('tbody').getByText('notify.send').first().waitFor();
  assert.equal(await page.locator('tbody input[type=checkbox]').count(), 0);
  for (const name of ['Audit log', 'Notifications']) {
    assert.equal(await page.getByRole('link', { name, exact: true }).count(), 0, name);
  }
  await page.goto(page.url().replace('/jobs', `/jobs/${FAILED}`));
  await page.getByRole('heading', { name: 'Last error' }).waitFor();
  assert.equal(await button(page, 'Retry').count(), 0);
  await page.goto(page.url().replace(/\/jobs.*/, '/audit'));
  await page.getByRole('heading', { name: 'Not for you to see' }).waitFor();
}, { permissions: ['jobs.view'] });

flow('changes on the server appear by themselves', '/jobs', async (page, server) => {
  await page.locator('.live-live').waitFor();
  assert.equal(await page.getByText('fresh.kind').count(), 0);
  server.world.jobs.unshift({ ...server.world.jobs[0], id: 9_000_000, kind: 'fresh.kind' });
  server.changed(['jobs']);
  await page.locator('tbody').getByText('fresh.kind').waitFor();
});

flow('a list that somebody reads is not reloaded under their eyes', '/jobs', async (page, server) => {
  await page.locator('.live-live').waitFor();
  await button(page, 'Load more').click();
  await page.getByText('200 of 1,234').waitFor();
  server.world.jobs.unshift({ ...server.world.jobs[0], id: 9_000_000, kind: 'fresh.kind' });
  server.changed(['jobs']);
  await page.getByText('There is something new in this list.').waitFor();
  assert.equal(await page.locator('tbody').getByText('fresh.kind').count(), 0);
  await button(page, 'Refresh').click();
  await page.locator('tbody').getByText('fresh.kind').waitFor();
});

flow('an ended session leads to the sign-in page and back', '/workers', async (page, server) => {
  await page.getByText('worker-1').first().waitFor();
  server.world.signedIn = false;
  await page.getByRole('link', { name: 'Audit log' }).click();
  await page.getByRole('heading', { name: 'Sign in to Barid' }).waitFor();
  await page.getByLabel('Name').fill('sara');
  await page.locator('input[type=password]').fill('correct horse battery');
  await page.keyboard.press('Enter');
  await page.getByRole('heading', { level: 1, name: 'Audit log' }).waitFor();
});

const EVIL = `"><img src=x onerror="document.title='owned'"><script>document.title='owned'</script>{{7*7}}`;

flow('stored text is never markup', `/jobs/${FAILED}`, async (page, server) => {
  const job = server.world.jobs.find((each) => each.id === FAILED);
  Object.assign(job, { kind: EVIL, error: EVIL, tags: [EVIL], queue: EVIL });
  server.world.me.name = EVIL;
  server.world.audit[0] = { ...server.world.audit[0], actor_name: EVIL, target: EVIL, reason: EVIL, after: { a: EVIL } };
  for (const path of [`/jobs/${FAILED}`, '/jobs', '/audit', `/timeline?tag=${encodeURIComponent(EVIL)}`]) {
    await page.goto(new URL(`/admin${path}`, server.url).href);
    await page.getByText('onerror=').first().waitFor();
    if (path === '/audit') await page.locator('summary').first().click();
    assert.equal(await page.locator('img[src=x]').count(), 0);
    assert.doesNotMatch(await page.title(), /^owned$/);
  }
});

flow('the keyboard reaches everything: skip link, search, focus on the new page', '/', async (page) => {
  await page.getByRole('heading', { level: 1, name: 'Overview' }).waitFor();
  await page.keyboard.press('Tab');
  assert.equal(await page.evaluate(() => document.activeElement?.textContent), 'Skip to the content');
  await page.keyboard.press('Enter');
  assert.equal(await page.evaluate(() => document.activeElement?.id), 'main');
  await page.keyboard.press('/');
  await page.keyboard.type(`#${FAILED}`);
  await page.keyboard.press('Enter');
  await page.getByRole('heading', { name: 'Last error' }).waitFor();
  assert.equal(await page.evaluate(() => document.activeElement?.tagName), 'H1');
});

flow('the language changes in place, with the direction', '/queues', async (page) => {
  await button(page, 'العربية').click();
  await page.getByRole('heading', { level: 1, name: 'الطوابير' }).waitFor();
  assert.deepEqual(await page.evaluate(() => [document.documentElement.lang, document.documentElement.dir]), ['ar', 'rtl']);
  const side = await page.locator('.side').boundingBox();
  assert.ok(side.x > 800, 'the navigation stands on the right');
  await page.reload();
  await page.getByRole('heading', { level: 1, name: 'الطوابير' }).waitFor();
});

flow('on a phone the navigation is a drawer', '/jobs', async (page) => {
  assert.equal(await page.getByRole('link', { name: 'Queues' }).isVisible(), false);
  await button(page, 'Open the menu').click();
  await page.getByRole('link', { name: 'Queues' }).click();
  await page.getByRole('heading', { level: 1, name: 'Queues' }).waitFor();
  await page.getByRole('link', { name: 'Jobs', exact: true }).waitFor({ state: 'hidden' });
}, { view: 'phone' });
