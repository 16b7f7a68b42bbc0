-- Jobs of any kind take the same options.

-- Later, and ahead of others once it is due.
SELECT barid.enqueue('notify.send', '{
    "user": "omar", "title": {"en": "Your basket waits"}, "body": {"en": "Until tonight."}
}', delay => '1 second', priority => 2);

-- One at a time, in this order.
SELECT barid.enqueue('notify.send', jsonb_build_object(
    'user', 'omar', 'title', jsonb_build_object('en', step), 'body', jsonb_build_object('en', step)),
    ordering_key => 'order-1001')
FROM (VALUES ('Packed'), ('Shipped'), ('Delivered')) AS steps(step);

-- Many in one statement.
SELECT barid.enqueue_many('[
    {"kind": "notify.send", "payload": {"user": "a", "title": {"en": "Hi"}, "body": {"en": "A"}}},
    {"kind": "notify.send", "payload": {"user": "b", "title": {"en": "Hi"}, "body": {"en": "B"}}}
]');

-- What became of them; of a failed one also why, attempt by attempt.
SELECT id, kind, state, attempt, errors FROM barid.jobs ORDER BY id DESC LIMIT 10;
SELECT name, due, later, running FROM barid.queues;
