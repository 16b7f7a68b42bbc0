// What people do, on the real program. Each flow throws at the first thing that isn't so.
import assert from 'node:assert/strict';
import { axe, open, overflow } from '../browser.mjs';
import { words } from './words.mjs';

const PATIENCE = { timeout: 20_000 };

export class Visitor {
  static async arrive(browser, barid, options = {}) {
    const visitor = new Visitor();
    Object.assign(visitor, await open(browser, options), {
      barid, t: words(options.language ?? 'en'), language: options.language ?? 'en',
    });
    return visitor;
  }

  go(path) {
    return this.page.goto(`${this.barid.origin}/admin${path}`);
  }

  button(id, values) {
    return this.page.getByRole('button', { name: this.t(id, values), exact: true });
  }

  async sees(text) {
    await this.page.getByText(text).first().waitFor(PATIENCE);
  }

  field(id) {
    return this.page.getByRole('textbox', { name: this.t(id) });
  }

  async knock(login, password) {
    await this.go('/');
    await this.field('sign_in.login').fill(login);
    await this.field('sign_in.password').fill(password);
    await this.button('sign_in.submit').click();
  }

  async isIn() {
    await this.page.getByRole('heading', { name: this.t('nav.overview') }).waitFor(PATIENCE);
  }

  async signIn() {
    await this.knock(this.barid.login, this.barid.password);
    await this.isIn();
  }

  /** Asks the API as the page does. */
  ask(method, path, body) {
    return this.page.evaluate(async ([m, p, b]) => {
      const answer = await fetch(`/api/v1${p}`, {
        method: m,
        headers: b === null ? {} : { 'Content-Type': 'application/json' },
        body: b === null ? undefined : JSON.stringify(b),
      });
      return { status: answer.status, body: await answer.json().catch(() => null) };
    }, [method, path, body ?? null]);
  }

  /** Nothing sticks out, axe finds nothing serious, the console is clean. */
  async isWell(where) {
    assert.deepEqual(await axe(this.page), [], `axe at ${where}`);
    assert.equal(await overflow(this.page), 0, `${where} is wider than the screen`);
    assert.deepEqual(this.failures, [], `failures at ${where}`);
  }

  leave() {
    return this.context.close();
  }
}

export async function everyPage(visitor) {
  const paths = ['/', '/jobs', '/bulk', '/timeline?tag=product:1', '/queues', '/schedules', '/dead-letters', '/workers',
    '/notifications', '/resends', '/broadcasts', '/templates', '/users', '/media', '/translations', '/webhooks',
    '/shop', '/shop/projections', '/shop/payments', '/audit', '/settings'];
  for (const path of paths) {
    await visitor.go(path);
    await visitor.page.locator('main h1').first().waitFor(PATIENCE);
    await visitor.page.locator('[aria-busy="true"]').first().waitFor({ state: 'detached', ...PATIENCE });
    // The API takes fewer parameters than the fixtures do.
    assert.equal(await visitor.page.locator('main .problem').count(), 0, `${path} shows an error`);
    await visitor.isWell(`${path} (${visitor.language})`);
  }
}

export async function resend(visitor) {
  const { page, t, barid } = visitor;
  const user = await barid.sql('SELECT user_id FROM barid.notification n JOIN barid.delivery d '
    + "ON d.notification_id = n.id WHERE d.state = 'accepted' AND d.channel = 'push' ORDER BY n.id LIMIT 1");
  const before = Number(await barid.sql('SELECT count(*) FROM barid.resend'));
  await visitor.go('/resend');
  const users = page.getByLabel(t('resend.find.users'));
  await users.fill(user);
  await users.blur();
  await visitor.sees(t('resend.find.matches'));
  await visitor.button('resend.next').click();
  await page.getByText(t('resend.mode.all'), { exact: true }).click();
  await page.getByText(t('resend.include_accepted'), { exact: true }).click();
  await visitor.button('resend.next').click();
  await visitor.sees(t('resend.check.title'));
  await page.getByLabel(t('resend.reason')).fill(visitor.language === 'ar' ? 'لم تصل إلى العميلة' : 'the customer says it never came');
  await visitor.isWell('re-send, before it is sent');
  const send = page.locator('.flow-foot button').last();
  await send.dblclick();
  await page.waitForURL(/\/resends\/\d+/, PATIENCE);
  await visitor.sees(t('resend.watch.done'));
  await visitor.isWell('re-send, watched');
  assert.equal(Number(await barid.sql('SELECT count(*) FROM barid.resend')), before + 1, 'one, although it was clicked twice');
  assert.equal(await barid.sql("SELECT count(*) > 0 FROM barid.audit_log WHERE target_kind = 'resend'"), 't');
}

export async function retryOne(visitor) {
  const { barid } = visitor;
  const id = await barid.sql("SELECT id FROM barid.jobs WHERE state = 'failed' ORDER BY id LIMIT 1");
  await visitor.go(`/jobs/${id}`);
  await visitor.button('job.retry').click();
  await visitor.sees(visitor.t('job.done.retry'));
  assert.equal(await barid.sql(`SELECT actor_name FROM barid.audit_log WHERE action = 'job.retry' AND target = '${id}'`), 'Admin');
}

export async function cancelMany(visitor) {
  const { page, t, barid } = visitor;
  await barid.sql("SELECT count(barid.enqueue('shop.later', delay => '1 hour', tags => '{e2e:cancel}')) FROM generate_series(1, 25)");
  await visitor.go('/jobs?tag=e2e:cancel');
  await visitor.button('bulk.action.cancel').click();
  await visitor.sees(t('bulk.matched', { count: 25, shown: '25' }));
  await page.getByLabel(t('ui.reason')).fill('ordered by mistake');
  await visitor.isWell('bulk cancel, asked');
  await visitor.button('bulk.do.cancel', { count: 25, shown: '25' }).click();
  await page.waitForURL(/\/bulk\/\d+/, PATIENCE);
  await waitFor(() => barid.sql("SELECT count(*) = 25 FROM barid.jobs WHERE tags @> '{e2e:cancel}' AND state = 'cancelled'"));
}

export async function redrive(visitor) {
  const { page, t, barid } = visitor;
  await barid.sql(`SELECT barid.set_queue('e2e.dead', '{"dead_letter": "e2e.morgue"}')`);
  await barid.sql(`SELECT barid.set_queue('e2e.morgue', '{}'), barid.pause('e2e.morgue')`);
  await barid.sql(`SELECT barid.enqueue('image.process', '{"no": "such payload"}', queue => 'e2e.dead', max_attempts => 1)`);
  await waitFor(() => barid.sql("SELECT count(*) > 0 FROM barid.dead_letters WHERE queue = 'e2e.morgue'"));
  await visitor.go('/dead-letters?queue=e2e.morgue');
  await visitor.button('bulk.action.redrive').click();
  await page.getByLabel(t('ui.reason')).fill('the payload is mended');
  await visitor.button('bulk.do.redrive', { count: 1, shown: '1' }).click();
  await page.waitForURL(/\/bulk\/\d+/, PATIENCE);
  await waitFor(() => barid.sql("SELECT count(*) > 1 FROM barid.jobs WHERE queue = 'e2e.dead'"));
}

export async function review(visitor) {
  const { page, t, barid } = visitor;
  await visitor.go('/translations');
  await page.getByText('product:mug-gift').first().click();
  await visitor.button('review.edit').click();
  const text = visitor.language === 'ar' ? 'نص كتبته المراجِعة' : 'كوب مرسوم باليد';
  await page.getByLabel(t('review.edited')).fill(text);
  await visitor.isWell('review, edited');
  await visitor.button('review.accept.edited').click();
  await waitFor(() => barid.sql(`SELECT count(*) = 1 FROM barid.translations WHERE text = '${text}' AND origin = 'human'`));
}

/** Who may only look has no buttons, and the API says the same. */
export async function limitedUser(visitor, browser) {
  const { barid } = visitor;
  const made = await visitor.ask('POST', '/tokens', {
    name: 'e2e viewer', permissions: [{ permission: 'jobs.view', limited_to: null }], expires_in_days: 1,
  });
  assert.ok(made.status < 300, JSON.stringify(made));
  const guest = await Visitor.arrive(browser, barid, { language: visitor.language });
  await guest.go('/');
  await guest.page.getByRole('radio', { name: guest.t('sign_in.token') }).check({ force: true });
  await guest.page.getByRole('textbox', { name: guest.t('sign_in.token') }).fill(made.body.token);
  await guest.button('sign_in.submit').click();
  await guest.page.getByRole('heading', { name: guest.t('nav.overview') }).waitFor(PATIENCE);
  const id = await barid.sql("SELECT id FROM barid.jobs WHERE state = 'failed' ORDER BY id DESC LIMIT 1");
  await guest.go(`/jobs/${id}`);
  await guest.sees(guest.t('job.facts'));
  assert.equal(await guest.button('job.retry').count(), 0, 'no button for what is not allowed');
  assert.equal(await guest.page.getByRole('link', { name: guest.t('nav.audit') }).count(), 0);
  const refused = await fetch(`${barid.origin}/api/v1/jobs/${id}/retry`, {
    method: 'POST', headers: { Authorization: `Bearer ${made.body.token}` },
  });
  assert.equal(refused.status, 403);
  assert.equal((await refused.json()).code, 'forbidden');
  assert.deepEqual(guest.failures, []);
  await guest.leave();
}

/** An account that was just made: its password is changed first, and then it is in. */
export async function firstSignIn(visitor, browser) {
  const { barid } = visitor;
  const given = await barid.command(['admin', 'account', 'create', 'noura@shop.example', '--name', 'نورة', '--role', 'viewer']);
  const noura = await Visitor.arrive(browser, barid, { language: 'ar' });
  await noura.knock('noura@shop.example', given);
  await noura.sees(noura.t('settings.must_change'));
  await noura.isWell('first password');
  await noura.field('settings.current_password').fill(given);
  await noura.field('settings.new_password').fill('ورد أحمر في الصباح');
  await noura.field('settings.again').fill('ورد أحمر في الصباح');
  await noura.button('settings.change_password').click();
  await noura.isIn();
  assert.equal(await noura.page.getByRole('link', { name: noura.t('nav.audit') }).count(), 0);
  await noura.leave();
}

/** Text that would be markup stays text, and the policy has nothing to stop. */
export async function hostileTexts(visitor) {
  const { barid } = visitor;
  const markup = '<img src=x onerror="window.hacked=1">';
  const id = await barid.sql(`SELECT barid.enqueue('shop.later', '{"name": "${markup.replaceAll('"', '\\"')}"}', delay => '1 hour', tags => ARRAY['x:${markup}'])`);
  for (const path of [`/jobs/${id}`, '/jobs', `/timeline?tag=${encodeURIComponent(`x:${markup}`)}`]) {
    await visitor.go(path);
    await visitor.sees(/onerror/);
    assert.equal(await visitor.page.evaluate(() => window['hacked'] ?? 0), 0);
  }
  await visitor.isWell('hostile texts');
}

/** The page is there within a second of the address, from this machine. */
export async function startUp(visitor) {
  await visitor.go('/');
  await visitor.page.getByRole('heading', { name: visitor.t('nav.overview') }).waitFor(PATIENCE);
  const shown = await visitor.page.evaluate(() =>
    performance.getEntriesByName('first-contentful-paint')[0]?.startTime ?? 0);
  console.log(`    first paint after ${Math.round(shown)} ms`);
}

async function waitFor(question) {
  const until = Date.now() + PATIENCE.timeout;
  for (;;) {
    const answer = await question();
    if (answer === 't') return;
    if (Date.now() > until) throw new Error(`never came true; last: ${answer}`);
    await new Promise((done) => setTimeout(done, 100));
  }
}
