// The built page and an API that answers from fixtures. Changing requests are remembered, so that a
// test can say how often something was really asked for.
import { createServer } from 'node:http';
import { readFile } from 'node:fs/promises';
import { extname, join, normalize } from 'node:path';
import * as data from './fixtures.mjs';

const TYPES = {
  '.html': 'text/html; charset=utf-8', '.js': 'text/javascript', '.css': 'text/css', '.svg': 'image/svg+xml',
  '.woff2': 'font/woff2', '.jpg': 'image/jpeg',
};
const PICTURE = '<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 4 3"><rect width="4" height="3" fill="#a08060"/><circle cx="2" cy="1.4" r="1" fill="#e8d9b0"/></svg>';
const page = (items) => ({ items, next: null });
const count = (n, capped = false) => ({ count: n, capped });

class Problem extends Error {
  constructor(status, code, detail, more = {}) {
    super(detail);
    this.body = { type: 'about:blank', title: code, status, code, detail, request_id: 'req-1', errors: [], ...more };
    this.status = status;
  }
}

/** What a test may bend: permissions, the next answers, delays. */
export function newWorld() {
  return {
    permissions: data.ALL_PERMISSIONS, posts: [], deliveries: data.preview.deliveries, resendPolls: 0, keys: new Map(),
    delayMs: 0, fail: null, empty: false, loseAnswers: 0, decided: new Map(),
    streams: new Set(),
  };
}

/** What /events tells: these topics changed. */
export function changed(world, topics) {
  for (const stream of world.streams) stream.write(`event: changed\ndata: ${JSON.stringify({ topics })}\n\n`);
}

function routes(world) {
  const some = (items) => page(world.empty ? [] : items);
  const preview = () => ({ ...data.preview, deliveries: world.deliveries });
  return [
    ['GET', '/me', () => data.me(world.permissions)],
    ['GET', '/categories', () => data.categories],
    ['GET', '/notifications', () => some(data.notifications)],
    ['GET', '/notifications/count', () => (world.empty ? count(0) : count(10_001, true))],
    ['GET', '/notifications/:id/explain', () => data.explanation],
    ['GET', '/notifications/:id', (p) => ({ ...data.detail, id: p.id })],
    ['POST', '/resends/preview', preview],
    ['POST', '/resends', (p, body) => {
      const known = world.keys.get(body.request_key);
      if (known) return data.resend();
      if (world.deliveries > body.expected) throw new Problem(409, 'count_changed', `${world.deliveries} would be sent now`, { now: preview() });
      world.keys.set(body.request_key, body);
      return data.resend();
    }],
    ['GET', '/resends', () => some([data.resendDone])],
    ['GET', '/resends/:id/outcomes', () => page(data.outcomes)],
    ['GET', '/resends/:id', () => (++world.resendPolls > 2 ? data.resendDone : data.resend())],
    ['GET', '/translations/reviews', () => some(data.reviews.filter((each) => !world.decided.has(each.id)))],
    ['GET', '/translations/reviews/count', () => count(data.reviews.length - world.decided.size)],
    ['GET', '/translations/reviews/:id', (p) => {
      const found = data.reviewDocument(Number(p.id));
      return world.permissions.includes('translations.review') ? found : { ...found, allowed_actions: [] };
    }],
    ['POST', '/translations/reviews/accept-many/preview', () => ({ matched: count(3), upper_id: 20, seen_at: data.NOW, sample: data.reviews.slice(0, 2) })],
    ['POST', '/translations/reviews/accept-many', () => ({ accepted: 3, skipped: 0, outcomes: [] })],
    ['POST', '/translations/reviews/:id/check', () => ({ findings: [] })],
    ['POST', '/translations/reviews/:id/:decision', (p, body) => {
      world.decided.set(Number(p.id), { ...body, decision: p.decision });
      return data.reviewDocument(Number(p.id));
    }],
    ['GET', '/translations/entities/:type/:id', () => data.entity],
    ['GET', '/translations/providers', () => some(data.providers)],
    ['GET', '/translations/backfills', () => some(data.backfills)],
    ['GET', '/translations/cost', () => (world.empty ? { ...data.cost, items: [], providers: [] } : data.cost)],
    ['POST', '/translations/backfills/:id/:action', () => data.backfills[0]],
    ['POST', '/translations/providers/:name/resume', () => data.providers[1]],
    ['GET', '/broadcasts', () => some(data.broadcasts)],
    ['POST', '/broadcasts', () => data.broadcasts[1]],
    ['GET', '/broadcasts/:id', (p) => data.broadcasts.find((each) => each.id === p.id) ?? data.broadcasts[0]],
    ['POST', '/broadcasts/:id/preview', () => data.broadcastPreview],
    ['POST', '/broadcasts/:id/:action', () => data.broadcasts[0]],
    ['GET', '/templates', () => some(data.templates)],
    ['GET', '/templates/:key/versions', () => page(data.templateVersions)],
    ['GET', '/templates/:key', () => data.template],
    ['POST', '/templates/:key/preview', (p, body) => {
      if (JSON.stringify(body.draft ?? {}).includes('{broken')) throw new Problem(422, 'invalid', 'a text could not be read', { errors: [{ at: '/texts/ar/body', problem: 'the brace is not closed, at character 9' }] });
      return data.templatePreview(body.locale);
    }],
    ['PUT', '/templates/:key', (p, body) => {
      if (JSON.stringify(body).includes('{broken')) throw new Problem(422, 'invalid', 'a text could not be read', { errors: [{ at: '/texts/ar/body', problem: 'the brace is not closed, at character 9' }] });
      return { ...data.template, version: 5, newest: 5 };
    }],
    ['GET', '/users', () => some(data.users)],
    ['GET', '/users/:id', () => data.user],
    ['PUT', '/users/:id/preferences', () => data.user],
    ['DELETE', '/users/:id/devices/:device', () => null],
    ['GET', '/media', () => some(data.mediaSets)],
    ['GET', '/media/count', () => count(data.mediaSets.length)],
    ['GET', '/media/:id', () => data.mediaSet],
    ['POST', '/media/reprocess/preview', () => ({ matched: count(42), looked_at: 42, without_request: 0, unknown_recipe: 0, before: data.NOW })],
    ['POST', '/media/reprocess', () => ({ job_id: 9500 })],
    ['POST', '/media/:id/reprocess', () => data.mediaSet],
    ['GET', '/webhooks', () => some(data.webhooks)],
    ['GET', '/webhooks/:name/deliveries', () => some(data.webhookDeliveries)],
    ['POST', '/webhooks/deliveries/:job/redeliver', () => data.webhookDeliveries[1]],
    ['GET', '/outbox', () => some(data.streams)],
    ['GET', '/outbox/:stream/blocked', () => some(data.blockedEvents.filter((one) => !world.decided.has(one.event_id)))],
    ['POST', '/outbox/:stream/:decision', (p, body) => {
      if (world.decided.has(body.event_id)) throw new Problem(409, 'conflict', 'this event is not blocked any more');
      world.decided.set(body.event_id, p.decision);
      return { event_id: body.event_id, outcome: p.decision === 'skip' ? 'SKIPPED' : 'RETRY' };
    }],
    ['GET', '/projections', () => some(data.projections)],
    ['POST', '/projections/:name/:action', (p) => data.projections.find((one) => one.name === p.name)],
    ['GET', '/payments/checks', () => some(data.paymentChecks)],
    ['GET', '/payments/gateways', () => (world.empty ? { held: 0, items: [] } : data.gateways)],
    ['POST', '/payments/check', () => ({ job_id: 9700 })],
    ['POST', '/payments/gateways/:name/resume', () => ({ done: true })],
    ['GET', '/sign-in', () => ({ methods: ['password', 'token'], version: 'test' })],
  ];
}

function match(pattern, path) {
  const want = pattern.split('/');
  const have = path.split('/');
  if (want.length !== have.length) return null;
  const found = {};
  for (const [index, part] of want.entries()) {
    if (part.startsWith(':')) found[part.slice(1)] = decodeURIComponent(have[index]);
    else if (part !== have[index]) return null;
  }
  return found;
}

async function bodyOf(request) {
  let text = '';
  for await (const part of request) text += part;
  return text === '' ? {} : JSON.parse(text);
}

async function answerApi(world, request, response, url) {
  const path = url.pathname.slice('/api/v1'.length);
  if (path === '/events') {
    response.writeHead(200, { 'Content-Type': 'text/event-stream' });
    response.write(': hello\n\n');
    world.streams.add(response);
    response.on('close', () => world.streams.delete(response));
    return;
  }
  const body = request.method === 'GET' ? {} : await bodyOf(request);
  const send = (status, value) => {
    response.writeHead(status, { 'Content-Type': status >= 400 ? 'application/problem+json' : 'application/json', ETag: '"1"' });
    response.end(value === null ? '' : JSON.stringify(value));
  };
  if (world.fail && path !== '/me' && path !== '/categories') return send(world.fail.status, { code: world.fail.code, detail: '', request_id: 'req-500', errors: [] });
  for (const [method, pattern, run] of routes(world)) {
    const found = method === request.method ? match(pattern, path) : null;
    if (!found) continue;
    if (method !== 'GET' && !path.endsWith('/preview') && !/reviews\/[^/]+\/check$/.test(path)) {
      world.posts.push({ method, path, body, key: request.headers['idempotency-key'] });
    }
    if (world.delayMs > 0 && method !== 'GET') await new Promise((resolve) => setTimeout(resolve, world.delayMs));
    try {
      const value = run(found, body);
      if (method === 'POST' && path === '/resends' && world.loseAnswers > 0) {
        world.loseAnswers -= 1;
        return request.socket.destroy();
      }
      return send(value === null ? 204 : 200, value);
    } catch (error) {
      if (!(error instanceof Problem)) throw error;
      return send(error.status, error.body);
    }
  }
  send(404, { code: 'not_found', detail: `no fixture for ${request.method} ${path}`, request_id: 'req-404', errors: [] });
}

/** `csp`: the header that the real server sends with the page. */
export async function serve(dist, csp, world) {
  const server = createServer((request, response) => {
    const url = new URL(request.url, 'http://localhost');
    const fail = (error) => {
      response.writeHead(500);
      response.end(String(error));
    };
    if (url.pathname.startsWith('/api/v1/')) return void answerApi(world, request, response, url).catch(fail);
    if (url.pathname === '/media/missing.jpg') return void response.writeHead(404).end();
    if (url.pathname.startsWith('/media/')) return void response.writeHead(200, { 'Content-Type': 'image/svg+xml' }).end(PICTURE);
    const inside = normalize(url.pathname.replace(/^\/admin\/?/, '/'));
    const file = (request.headers.accept ?? '').includes('text/html') ? '/index.html' : inside;
    readFile(join(dist, file)).then(
      (bytes) => response.writeHead(200, { 'Content-Type': TYPES[extname(file)] ?? 'application/octet-stream', 'Content-Security-Policy': csp }).end(bytes),
      () => response.writeHead(404).end(),
    );
  });
  await new Promise((resolve) => server.listen(0, '127.0.0.1', resolve));
  return { url: `http://127.0.0.1:${server.address().port}`, close: () => { server.closeAllConnections(); server.close(); } };
}
