-- One notification to one user, in the user's own language, on every phone and in the inbox.

-- At every start of the app.
SELECT barid.register_device('layla', 'token-of-her-phone', 'ios', locale => 'ar-EG',
                             tz => 'Africa/Cairo');

-- Once, and whenever the words change: a template has all its languages.
SELECT barid.upsert_category('orders', description => 'What became of an order');
SELECT barid.upsert_template('order.delivered', '{
    "en": {"title": "Delivered",  "body": "{name}, order {order} is at your door."},
    "ar": {"title": "تم التسليم", "body": "{name}، الطلب {order} على بابك."}
}', ARRAY['name', 'order']);

-- With the change that it is about: no order delivered, no notification.
BEGIN;
SELECT barid.enqueue('notify.send', '{
    "user": "layla", "category": "orders", "template": "order.delivered",
    "vars": {"name": "ليلى", "order": "A-1042"},
    "data": {"screen": "order", "order": "A-1042"}
}', unique_key => 'order-A-1042-delivered');
COMMIT;

-- Before it is sent: what would happen, and why?
SELECT user_id, category, channel, enabled FROM barid.preference WHERE user_id = 'layla';

-- Afterwards: the inbox, and on the development channel also what each phone shows.
SELECT title, body, read_at FROM barid.inbox_item WHERE user_id = 'layla' ORDER BY created_at DESC;
SELECT platform, locale, title, body FROM barid.dev_push WHERE user_id = 'layla' ORDER BY id DESC;
