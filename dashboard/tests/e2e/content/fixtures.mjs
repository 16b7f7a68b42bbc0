// Answers in the shape of the API's schemas, for the pages of messages and content. Times are
// fixed, so that screenshots stay the same.
export const NOW = '2026-11-22T12:00:00.000000Z';
const ago = (minutes) => new Date(Date.parse('2026-11-22T12:00:00Z') - minutes * 60_000).toISOString().replace('Z', '000Z');

export const ALL_PERMISSIONS = [
  'jobs.view', 'jobs.retry', 'jobs.cancel', 'queues.manage', 'schedules.manage', 'notifications.view',
  'notifications.resend', 'notifications.override', 'broadcasts.send', 'templates.edit', 'devices.view',
  'media.view', 'media.manage', 'translations.view', 'translations.review', 'webhooks.view',
  'webhooks.manage', 'commerce.view', 'commerce.manage', 'data.view', 'audit.view',
];

export function me(permissions = ALL_PERMISSIONS) {
  return {
    id: 'account:1', name: 'Amal', kind: 'password', expires_at: null, login_methods: ['password'],
    permissions: Object.fromEntries(permissions.map((name) => [name, { limited_to: null }])),
  };
}

const N1 = '01a201b9-70c3-7c4b-a070-9cc7141bef53';
const N2 = '01a201b9-70c3-7c4b-a070-9cc7141bef54';
const N3 = '01a201b9-70c3-7c4b-a070-9cc7141bef55';
export const BROADCAST = '01a201b9-0000-7c4b-a070-9cc7141bef60';
export const DRAFT = '01a201b9-0000-7c4b-a070-9cc7141bef61';
export const NOTIFICATION = N1;

const none = { accepted: 0, failed: 0, unknown: 0, suppressed: 0, deferred: 0, pending: 0, expired: 0, collected: 0 };
const item = (id, over) => ({
  id, user_id: 'noura', category: 'orders', title: 'شُحن طلبك', body: 'طلبك A-1042 في الطريق إليك، ويصل غدًا قبل السادسة مساءً.',
  locale: 'ar', template: 'order.shipped', template_version: 4, channels: ['push', 'inbox', 'email'],
  created_at: ago(42), expires_at: ago(-60 * 24 * 27), job_id: 8812, broadcast_id: null, status: 'partial',
  masked: false, allowed_actions: ['resend'], ...over,
});

export const notifications = [
  item(N1, { deliveries: { ...none, accepted: 1, failed: 1, suppressed: 1 } }),
  item(N2, { user_id: 'khalid@shop.example', title: 'Your refund is on its way', body: 'Order A-1039: SAR 149.50 will be in your account within 3 days.', locale: 'en', status: 'failed', template: null, created_at: ago(61), deliveries: { ...none, failed: 2 } }),
  item(N3, { user_id: 'u-98121', category: 'offers', title: 'صناديق هدايا رمضان', body: 'نصف السعر حتى الجمعة', status: 'accepted', broadcast_id: BROADCAST, template: null, created_at: ago(190), deliveries: { ...none, accepted: 3 } }),
  item('01a201b9-70c3-7c4b-a070-9cc7141bef56', { user_id: 'layla', category: 'offers', title: 'عرض لك وحدك', body: 'خصم 20٪ على العباءات', status: 'deferred', template: null, created_at: ago(300), deliveries: { ...none, deferred: 1 } }),
  item('01a201b9-70c3-7c4b-a070-9cc7141bef57', { user_id: 'omar', title: null, body: null, status: 'waiting', created_at: ago(1), deliveries: none }),
  item('01a201b9-70c3-7c4b-a070-9cc7141bef58', { user_id: '<img src=x onerror=alert(1)>', title: '<script>alert("x")</script>', body: '"><svg onload=alert(1)>', status: 'unknown', locale: 'en', created_at: ago(700), deliveries: { ...none, unknown: 1, accepted: 1 } }),
];

const attempt = (n, over) => ({
  attempt: n, at: ago(41 - n), finished_at: ago(41 - n), class: 'accepted', reason: null, http_status: 200, latency_ms: 312,
  provider_id: 'projects/shop/messages/0:17', worker: 'w1', error: null, ...over,
});

const delivery = (id, over) => ({
  id, channel: 'push', device: { id: 17, platform: 'android', app_version: '4.2.1', state: 'active' }, generation: 0,
  state: 'accepted', reason: null, attempts: 1, job_id: 8812, created_at: ago(42), updated_at: ago(40), not_before: null,
  history: [attempt(1, {})], ...over,
});

export const detail = {
  ...item(N1, {}), counts: { ...none, accepted: 1, failed: 1, suppressed: 1 },
  image: null, data: { order: 'A-1042', screen: 'order' }, vars: { order: 'A-1042' }, options: {}, not_before: null,
  digest_id: null, job_state: 'completed', dir: 'rtl', inbox: { state: 'unread', at: ago(42) },
  deliveries: [
    delivery(301, {}),
    delivery(302, {
      device: { id: 23, platform: 'ios', app_version: '4.1', state: 'dead' }, state: 'failed', reason: 'unregistered', attempts: 2,
      history: [
        attempt(1, { class: 'ambiguous', reason: 'timeout', http_status: null, latency_ms: 15000, error: 'no answer within 15 s' }),
        attempt(2, { class: 'device_dead', reason: 'unregistered', http_status: 404, latency_ms: 201, error: 'fcm: answered HTTP 404: Requested entity was not found. UNREGISTERED' }),
      ],
    }),
    delivery(303, { channel: 'email', device: null, state: 'suppressed', reason: 'preference:category+channel', attempts: 0, history: [] }),
    delivery(304, { generation: 1, channel: 'webhook', device: null, state: 'deferred', reason: 'quiet_hours', attempts: 0, not_before: ago(-600), history: [] }),
    delivery(299, { generation: 0, channel: 'webhook', device: null, state: 'failed', reason: 'attempts_exhausted', attempts: 1, history: [attempt(1, { class: 'retry', http_status: 503, error: 'answered 503' })] }),
  ],
  why_not: [
    { channel: 'push', device_id: 23, delivery_id: 302, generation: 0, outcome: 'failed', state: 'failed', step: 'provider', code: 'token_unregistered', facts: { attempts: 2, class: 'device_dead', reason: 'unregistered', http_status: 404 } },
    { channel: 'email', device_id: null, delivery_id: 303, generation: 0, outcome: 'skipped', state: 'suppressed', step: 'preference', code: 'preference', facts: { level: 'category+channel', category: 'orders', channel: 'email', set_by: 'unsubscribe' } },
    { channel: 'webhook', device_id: null, delivery_id: 304, generation: 1, outcome: 'waiting', state: 'deferred', step: 'quiet_hours', code: 'quiet_hours', facts: { until: ago(-600), rule: 'defer', tz: 'Asia/Riyadh' } },
  ],
};

export const explanation = {
  user_id: 'noura', category: 'orders', at: NOW,
  items: [
    { channel: 'push', step: 'user', result: 'known', detail: 'locale ar, time zone Asia/Riyadh', facts: {} },
    { channel: 'push', step: 'preference', result: 'on', detail: "no choice of the user: the category's default is on", facts: {} },
    { channel: 'push', step: 'quiet_hours', result: 'quiet', detail: 'every day 22:00-07:00 in Asia/Riyadh', facts: {} },
    { channel: 'push', step: 'decision', result: 'defer', detail: 'quiet_hours', facts: {} },
  ],
};

export const categories = {
  items: ['orders', 'offers', 'account'].map((key) => ({
    key, critical: key === 'account', default_enabled: key !== 'offers', channels: ['push', 'inbox'], quiet: 'defer',
  })),
};

export const preview = {
  notifications: 412, deliveries: 530, users: 398, most: 1_000_000, was: { failed: 498, new_device: 32 }, channels: { push: 530 },
  wishes: { checked: 530, send: 503, wait: 15, skip: 12, reasons: { quiet_hours: 15, 'preference:category': 12 } },
  override_needed: true,
  sample: [
    { notification_id: N1, user_id: 'noura', category: 'orders', channel: 'push', device_id: 23, title: 'شُحن طلبك', was: 'failed', created_at: ago(42), verdict: 'send', reason: null },
    { notification_id: N2, user_id: 'khalid@shop.example', category: 'orders', channel: 'push', device_id: 31, title: 'Your refund is on its way', was: 'new_device', created_at: ago(61), verdict: 'suppress', reason: 'preference:category' },
  ],
};

export const resend = (over = {}) => ({
  id: 7, request_key: 'k', actor: 'account:1', reason: 'تعطّل المزوّد من 02:10 إلى 02:40', mode: 'failed',
  filter: { since: ago(600), until: ago(540) }, content: 'frozen', override: false, include_accepted: false,
  notifications: 412, deliveries: 530, expected: 530, created_at: ago(1), state: 'running',
  progress: { total: 530, accepted: 288, failed: 7, unknown: 2, skipped: 12, deferred: 15, waiting: 206, superseded: 0, reasons: { quiet_hours: 15, 'preference:category': 12, unregistered: 7 }, approximate: false },
  job_ids: [8900], ...over,
});
export const resendDone = resend({
  state: 'done',
  progress: { total: 530, accepted: 492, failed: 9, unknown: 2, skipped: 12, deferred: 15, waiting: 0, superseded: 0, reasons: { quiet_hours: 15, 'preference:category': 12, unregistered: 9 }, approximate: false },
});
export const outcomes = [
  { notification_id: N1, user_id: 'noura', channel: 'push', device_id: 23, state: 'accepted', reason: null, attempts: 1, updated_at: ago(1) },
  { notification_id: N2, user_id: 'khalid@shop.example', channel: 'push', device_id: 31, state: 'failed', reason: 'unregistered', attempts: 1, updated_at: ago(1) },
];

const review = (id, over) => ({
  id, entity_type: 'product', entity_id: '42', field: 'name', source_lang: 'en', lang: 'ar', format: 'text', reason: 'placeholders',
  detail: '{size} is missing', state: 'open', provider: 'deepl', source_text: 'Red cotton shirt for {name}, size {size}, 20% off until Friday',
  suggestion: 'قميص قطني أحمر لـ {name}، المقاس، خصم 20% حتى الجمعة', current_text: 'قميص أحمر لـ {name}، المقاس {size}', current_origin: 'human',
  clipped: false, outdated: false, created_at: ago(30), resolved_at: null, resolved_by: null, note: null, version: `v${id}`,
  allowed_actions: ['accept', 'edit', 'reject'], ...over,
});
export const reviews = [
  review(17, {}),
  review(18, { reason: 'length', detail: '2.6 times the source', source_text: 'Gift box', suggestion: 'صندوق هدايا فاخر مصنوع يدويًا من الخشب الطبيعي', current_text: null, current_origin: null, entity_id: '43', created_at: ago(55) }),
  review(19, { lang: 'en', source_lang: 'ar', reason: 'glossary', detail: 'عباءة must be abaya', source_text: 'عباءة سوداء مطرّزة، مقاس 54', suggestion: 'Black embroidered cloak, size 54', current_text: 'Black embroidered abaya', current_origin: 'provider', entity_id: '44', field: 'description', created_at: ago(80) }),
  review(20, { reason: 'no_provider', detail: 'every provider rests', suggestion: null, current_text: null, current_origin: null, source_text: 'Waterproof <b>SM-G991B</b> case, see https://shop.example/care', format: 'html', allowed_actions: ['edit', 'reject'], entity_id: '45', created_at: ago(200) }),
];
export const reviewDocument = (id) => {
  const found = reviews.find((each) => each.id === id) ?? reviews[0];
  const at = [...found.source_text.slice(0, Math.max(0, found.source_text.indexOf('{size}')))].length;
  return {
    ...found, newest_source_text: found.source_text, translation_state: 'stale', written_by: 'amal', write_error: null,
    attached_table: 'public.product',
    similar: [{ source_text: 'Blue cotton shirt for {name}, size {size}', text: 'قميص قطني أزرق لـ {name}، المقاس {size}', provider: 'human', similarity: 0.81 }].filter(() => found.lang === 'ar'),
    other_fields: [],
    findings: found.reason === 'placeholders' ? [{ reason: 'placeholders', detail: '{size} is missing', side: 'source', at, length: 6, excerpt: '{size}' }] : [],
  };
};
export const entity = {
  entity_type: 'product', entity_id: '42', attached: { table: 'public.product', write_back: 'columns', queue: 'default' },
  texts: [
    { field: 'name', source_lang: 'en', lang: 'ar', state: 'stale', origin: 'human', provider: null, written_by: 'amal', source_text: reviews[0].source_text, text: reviews[0].current_text, suggestion: reviews[0].suggestion, clipped: false, review_id: 17, review_reason: 'placeholders', write_error: null, job_id: null, updated_at: ago(3000) },
    { field: 'description', source_lang: 'en', lang: 'ar', state: 'published', origin: 'provider', provider: 'deepl', written_by: null, source_text: 'Soft and light. Machine wash at 30 °C.', text: 'ناعم وخفيف. يُغسل في الغسالة عند 30 درجة مئوية.', suggestion: null, clipped: false, review_id: null, review_reason: null, write_error: 'value too long for type character varying(40)', job_id: null, updated_at: ago(900) },
  ],
};
export const providers = [
  { name: 'deepl', paused: true, paused_until: ago(-35), pause_kind: 'quota', pause_reason: "answered HTTP 456 (the plan's characters are used up)", failures: 3, characters_today: 412_300, daily_characters: 500_000, allowed_actions: ['resume'] },
  { name: 'libretranslate', paused: false, paused_until: null, pause_kind: null, pause_reason: null, failures: 0, characters_today: 11, daily_characters: null, allowed_actions: [] },
];
export const backfills = [
  { id: 2, entity_type: 'product', state: 'running', total: 12_400, seen: 8_130, enqueued: 6_200, in_flight: 187, progress: 0.656, estimated_end: ago(-48), ahead: 200, queue: 'default', job_id: 9001, actor: 'amal', changed_by: 'amal', error: null, started_at: ago(90), finished_at: null, allowed_actions: ['pause', 'cancel'] },
  { id: 1, entity_type: 'category', state: 'done', total: 84, seen: 84, enqueued: 80, in_flight: 0, progress: 1, estimated_end: null, ahead: 200, queue: 'default', job_id: 7001, actor: 'amal', changed_by: 'amal', error: null, started_at: ago(4000), finished_at: ago(3990), allowed_actions: [] },
];
export const cost = {
  days: 30,
  items: [{ day: '2026-11-22', provider: 'deepl', requests: 310, texts: 9_100, characters: 412_300, errors: 3, cost: 8.25 }],
  providers: [{ provider: 'deepl', requests: 4_310, characters: 5_912_300, errors: 12, cost: 118.25 }, { provider: 'libretranslate', requests: 2, characters: 11, errors: 0, cost: 0 }],
  total: { requests: 4_312, characters: 5_912_311, cost: 118.25 },
};

const texts = {
  en: { title: 'Ramadan gift boxes', body: 'Half price until Friday. Dates, oud and coffee, packed by hand.' },
  ar: { title: 'صناديق هدايا رمضان', body: 'نصف السعر حتى الجمعة. تمور وعود وقهوة، مغلّفة يدويًا.' },
};
const broadcast = (over) => ({
  id: BROADCAST, state: 'running', category: 'offers', template: null, template_version: null, vars: {}, texts,
  channels: ['push', 'inbox'], segment: "SELECT id AS user_id FROM customers WHERE city = 'Riyadh'", image: null, users: 80_412,
  start_at: null, created_by: 'amal', created_at: ago(30), started_at: ago(12), finished_at: null, error: null, job_id: 9100, masked: false,
  titles: { en: texts.en.title, ar: texts.ar.title }, personal: false, audience: 'segment', materialised: 52_000,
  progress: { users: 80_412, materialised: 52_000, sent_users: 48_230, accepted: 61_002, failed: 812, unknown: 44, skipped: 5_310, deferred: 1_207, users_per_second: 940.4, estimated_end: ago(-6) },
  events: [{ at: ago(30), actor: 'amal', action: 'create' }, { at: ago(12), actor: 'amal', action: 'start' }],
  allowed_actions: ['pause', 'cancel'], ...over,
});
export const broadcasts = [
  broadcast({}),
  broadcast({ id: DRAFT, state: 'draft', users: null, materialised: 0, progress: { users: null, materialised: 0, sent_users: 0, accepted: 0, failed: 0, unknown: 0, skipped: 0, deferred: 0, users_per_second: null, estimated_end: null }, started_at: null, job_id: null, allowed_actions: ['start', 'cancel'], events: [{ at: ago(30), actor: 'amal', action: 'create' }] }),
];
export const broadcastPreview = {
  users: 80_412, reachable: 61_230, devices: 68_044, without_device: 12_101, opted_out: 7_081,
  locales: { ar: 64_100, en: 15_920, unknown: 392 }, minutes: 0.6,
  texts: Object.entries(texts).map(([locale, text]) => ({ locale, dir: locale === 'ar' ? 'rtl' : 'ltr', channel: 'push', ...text, html: null, image: null, platforms: [], problems: [] })),
};

export const templates = [
  { key: 'order.shipped', version: 4, locales: ['en', 'ar'], channels: ['*'], variables: ['order', 'n', 'total', 'at'], created_at: ago(5000), allowed_actions: ['edit'] },
  { key: 'cart.waiting', version: 1, locales: ['ar'], channels: ['*'], variables: [], created_at: ago(90_000), allowed_actions: ['edit'] },
];
export const template = {
  key: 'order.shipped', version: 4, newest: 4, created_at: ago(5000), allowed_actions: ['edit'],
  locales: ['en', 'ar'], channels: ['*'],
  texts: [
    { channel: '*', locale: 'en', dir: 'ltr', html: null, title: 'Order {order} has shipped', body: '{n, plural, one {# item} other {# items}}, {total}. It arrives on {at, date, long}.' },
    { channel: '*', locale: 'ar', dir: 'rtl', html: null, title: 'تم شحن طلبك {order}', body: '{n, plural, one {منتج واحد} two {منتجان} few {# منتجات} many {# منتجًا} other {# منتج}} بقيمة {total}. يصل يوم {at, date, long}.' },
  ],
  variables: { order: { type: 'string', max_length: 20, sample: 'A-1042' }, n: { type: 'integer', sample: 3 }, total: { type: 'money' }, at: { type: 'date' } },
};
export const templateVersions = [4, 3, 2, 1].map((version) => ({ ...templates[0], version, created_at: ago(5000 + 1000 * (4 - version)) }));
export const templatePreview = (locale) => locale.startsWith('ar')
  ? { locale, title: 'تم شحن طلبك \u2068A-1042\u2069', body: '3 منتجات بقيمة 149.50 ر.س. يصل يوم 22 نوفمبر 2026.', image: null, html: null, channel: 'push', platforms: [], problems: [], dir: 'rtl' }
  : { locale, title: 'Order A-1042 has shipped', body: '3 items, SAR 149.50. It arrives on 22 November 2026.', image: null, html: null, channel: 'push', platforms: [], problems: [], dir: 'ltr' };

export const users = [
  { user_id: 'noura', locale: 'ar', tz: 'Asia/Riyadh', devices: 2, created_at: ago(90_000) },
  { user_id: 'noura.b', locale: 'en', tz: 'Europe/London', devices: 0, created_at: ago(9_000) },
];
export const user = {
  user_id: 'noura', locale: 'ar', tz: 'Asia/Riyadh', masked: false, created_at: ago(90_000), contact: { email: 'noura@example.com', updated_at: ago(9000), suppressed: { cause: 'bounce', detail: null, since: ago(500) } }, unread: 3,
  devices: [
    { id: 17, platform: 'android', app_version: '4.2.1', state: 'active', project: 'default', state_reason: null, token_kind: 'token', created_at: ago(9000), token: 'x9Kq2A', last_registered_at: ago(3000), last_ok_at: ago(40), allowed_actions: ['remove'] },
    { id: 23, platform: 'ios', app_version: '4.1', state: 'dead', project: 'default', state_reason: 'unregistered', token_kind: 'token', created_at: ago(90_000), token: '77abfe', last_registered_at: ago(90_000), last_ok_at: ago(60_000), allowed_actions: ['remove'] },
  ],
  preferences: [{ category: 'offers', channel: 'push', enabled: false, updated_at: ago(900), updated_by: 'noura' }],
  quiet_hours: [{ start: '22:00', end: '07:00', days: ['mon', 'tue', 'wed', 'thu', 'fri', 'sat', 'sun'] }, { start: '13:00', end: '14:30', days: ['fri'] }],
  allowed_actions: ['set_preferences'],
};

const file = (width, height, format, bytes) => ({
  width, height, format, content_type: `image/${format}`, bytes, key: `ab12/9f8e/${width}.${format}`, url: `/media/ab12/9f8e/${width}.${format}`,
});
const media = (id, over) => ({
  id, state: 'complete', recipe: 'product', recipe_hash: '9f8e7d6c', source_hash: 'ab12', store: 'local', private: false,
  source_format: 'jpeg', source_width: 4000, source_height: 3000, thumbhash: '1QcSHQRnh493V4dIh4eXh1h4kJUI', dominant: '#a08060',
  focal: { x: 0.5, y: 0.4 },
  entities: [{ entity: `product:${id}`, slot: 'main', attached_at: ago(50), job_id: 9300, source: { kind: 'url', at: 'https://shop.example/uploads/4711.jpg' } }],
  entities_capped: false, files: 6, bytes: 412_000, preview: file(640, 480, 'jpeg', 61_200), urls_expire_at: null,
  created_at: ago(50 * id), completed_at: ago(49 * id), unattached_since: null, allowed_actions: ['reprocess'], ...over,
});
export const mediaSets = [
  media(7, {}), media(8, { dominant: '#2f5d50', thumbhash: '3OcRJYB4d3h/iIeHeEh3eIhw+j3A' }), media(9, { state: 'storing', preview: null, thumbhash: null, dominant: null, files: 0 }),
  media(10, { dominant: '#c0392b', thumbhash: null, preview: { ...file(640, 640, 'jpeg', 9000), url: '/media/missing.jpg' } }),
];
export const mediaSet = {
  ...media(7, {}),
  variants: [160, 320, 640, 1080].flatMap((width) => [
    file(width, width * 0.75, 'avif', width * 40), file(width, width * 0.75, 'webp', width * 70), file(width, width * 0.75, 'jpeg', width * 96),
  ]),
  jobs: [{ id: 9300, kind: 'image.process', state: 'completed', attempt: 1, max_attempts: 25, created_at: ago(51), finished_at: ago(50), error: null }],
};

export const webhooks = [
  { name: 'orders', url: 'https://shop.example/webhooks', timeout_ms: 15_000, breaker: { state: 'closed', rests_for_ms: 0, under_way: 2 }, concurrency: 8, counts: { last_day: { completed: 1204, failed: 3, cancelled: 0, capped: false }, waiting: 11, retrying: 2, running: 1, live_capped: false, last_success_at: ago(1), last_failure_at: ago(700), last_error: 'answered 422' } },
  { name: 'erp', url: 'http://10.0.0.7:3000/in', timeout_ms: 15_000, breaker: { state: 'open', rests_for_ms: 40_000, under_way: 0 }, concurrency: 1, counts: { last_day: { completed: 0, failed: 2, cancelled: 0, capped: false }, waiting: 100, retrying: 100, running: 0, live_capped: false, last_success_at: null, last_failure_at: ago(2), last_error: 'connection refused' } },
];
export const webhookDeliveries = [
  { job_id: 9400, type: 'order.paid', state: 'failed', attempt: 5, max_attempts: 5, webhook_id: 'msg_9400', endpoint: 'orders', run_at: null, status: null, duration_ms: null, redelivers_job: null, tags: [], error: 'answered 422: {"error": "رقم الطلب غير معروف"}', created_at: ago(20), finished_at: ago(10), allowed_actions: ['redeliver'] },
  { job_id: 9401, type: 'order.paid', state: 'completed', attempt: 1, max_attempts: 25, webhook_id: 'msg_9401', endpoint: 'orders', run_at: null, status: 200, duration_ms: 32, redelivers_job: null, tags: [], error: null, created_at: ago(8), finished_at: ago(8), allowed_actions: ['redeliver'] },
];

export const streams = [
  { stream: 'shop', target: 'jobs', pending: 14, oldest: ago(3), blocked: 2, problem: null },
  { stream: 'erp', target: 'deliver', pending: 10_000, oldest: ago(400), blocked: 0, problem: null },
  { stream: 'wishlist', target: 'projection', pending: 0, oldest: null, blocked: 0, problem: null },
  { stream: 'old', target: 'jobs', pending: null, oldest: null, blocked: null, problem: 'permission denied for schema barid_shop' },
];
export const blockedEvents = [
  { event_id: '88121', aggregate_type: 'order', aggregate_id: '7004', aggregate_version: 3, event_type: 'order.paid', error: 'answered 422: {"error": "رقم الطلب غير معروف"}', attempts: 25, blocked_at: ago(90), occurred_at: ago(200), job_id: 9400 },
  { event_id: '88140', aggregate_type: 'product', aggregate_id: '77', aggregate_version: 12, event_type: 'product.changed', error: 'the payload names no handler: product.changed.v9', attempts: 1, blocked_at: ago(12), occurred_at: ago(13), job_id: null },
];
const projection = (name, over) => ({
  name, state: 'idle', active_version: 1, building_version: null, kept_version: null, kept_until: null, can_roll_back: false,
  problem: null, job_id: null, rows_done: 0, rows_expected: 0, live_rows: null, new_rows: null, started_at: null, finished_at: null,
  error: null, allowed_actions: ['rebuild'], history: [], ...over,
});
export const projections = [
  projection('wishlist', {
    state: 'filling', active_version: 3, building_version: 4, job_id: 9610, rows_done: 120_000, rows_expected: 480_211, started_at: ago(4), allowed_actions: ['cancel'],
    history: [{ at: ago(4), action: 'started', version: 4, from_version: 3, actor: null, reason: null, error: null }, { at: ago(4), action: 'asked', version: null, from_version: null, actor: 'account:1', reason: 'أعمدة جديدة', error: null }],
  }),
  projection('order_search', {
    active_version: 2, kept_version: 1, kept_until: new Date(Date.parse(NOW) + 3_600e3).toISOString(), can_roll_back: true, job_id: 9580, rows_done: 80_400, rows_expected: 80_400,
    live_rows: 80_400, new_rows: 80_400, started_at: ago(60), finished_at: ago(50), allowed_actions: ['rebuild', 'rollback'],
  }),
  projection('stock', { error: 'the two versions differ: 120 rows before, 118 now', live_rows: 120, new_rows: 118, job_id: 9577, finished_at: ago(700) }),
];
const payAttempt = (id, finding, over = {}) => ({
  attempt: id, gateway: 'myfatoorah', state: 'EXECUTED', key_type: 'invoice_id', key: '61234517', amount_minor: 12_750, currency: 'KWD',
  finding, problem: null, invoice: '61234517', status: 'Paid', ...over,
});
const check = (id, over) => ({ id, order: '7004', cause: 'reconcile', verdict: 'UNPAID', checked_at: ago(80 - id), result: null, times: 1, job_id: 9500 + id, attempts: [], ...over });
export const paymentChecks = [
  check(74, { cause: 'refund', verdict: 'REFUND_UNKNOWN', attempts: [{ refund: 'r-19', gateway: 'myfatoorah', key_type: 'invoice_id', key: '61234517', amount_minor: 4000, currency: 'KWD', status: '', problem: 'no answer: HTTP 503' }] }),
  check(73, { cause: 'person', verdict: 'MISMATCH', attempts: [payAttempt('a-2', 'mismatch', { problem: 'the invoice says 12.700 KWD, the order 12.750 KWD' })] }),
  check(72, { cause: 'webhook', verdict: 'PAID', result: 'a-2: FLIPPED', attempts: [payAttempt('a-1', 'expired', { status: 'Expired' }), payAttempt('a-2', 'paid')] }),
  check(71, { times: 6, job_id: null, attempts: [payAttempt('a-1', 'open', { status: 'Pending' })] }),
];
export const gateways = {
  held: 3,
  items: [
    { name: 'myfatoorah', paused_at: null, paused_why: null, rests_until: null, unknown_attempts: 4, open_refunds: 1, swept_at: ago(2) },
    { name: 'myfatoorah_kw', paused_at: null, paused_why: null, rests_until: new Date(Date.parse(NOW) + 120e3).toISOString(), unknown_attempts: 0, open_refunds: 0, swept_at: null },
    { name: 'myfatoorah_sa', paused_at: ago(45), paused_why: 'HTTP 401: the key was refused', rests_until: null, unknown_attempts: 12, open_refunds: 0, swept_at: ago(50) },
  ],
};
