WITH c AS MATERIALIZED (
    SELECT * FROM unnest($1::text[], $2::smallint[], $3::timestamptz[], $4::bigint[])
        AS u(queue, priority, run_at, id)
    WHERE u.queue NOT IN (SELECT q.name FROM barid.queue q WHERE q.paused)
)
SELECT EXISTS (SELECT 1 FROM c CROSS JOIN LATERAL (
           SELECT 1 FROM barid.job b
           WHERE b.queue = c.queue AND b.priority = c.priority
             AND (b.run_at, b.id) > (c.run_at, c.id) AND b.run_at <= now()
             AND b.state = 'waiting'
           ORDER BY b.run_at, b.id LIMIT 1) j) AS due,
       pg_snapshot_xmin(pg_current_snapshot()) >= $5::text::xid8 AS quiet,
       (SELECT ceil(extract(epoch FROM min(j.run_at) - now()) * 1000)::bigint
        FROM c CROSS JOIN LATERAL (
           SELECT b.run_at FROM barid.job b
           WHERE b.queue = c.queue AND b.priority = c.priority
             AND b.run_at > now() AND b.run_at < 'infinity'
           ORDER BY b.run_at LIMIT 1) j) AS next_ms
