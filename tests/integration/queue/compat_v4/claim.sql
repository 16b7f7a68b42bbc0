WITH fence AS MATERIALIZED (
    SELECT w.id FROM barid.worker w WHERE w.id = $1 AND w.epoch = $2 FOR KEY SHARE
), picked AS MATERIALIZED (
    SELECT j.*
    FROM unnest($4::text[], $5::smallint[], $6::timestamptz[], $7::bigint[])
        AS c(queue, priority, run_at, id)
    CROSS JOIN LATERAL (
        SELECT b.id, b.queue, b.priority, b.run_at, b.ordering_key IS NOT NULL AS keyed
        FROM barid.job b
        WHERE b.queue = c.queue AND b.priority = c.priority
          AND (b.run_at, b.id) > (c.run_at, c.id) AND b.run_at <= now() AND b.state = 'waiting'
        ORDER BY b.run_at, b.id LIMIT $8
        FOR NO KEY UPDATE SKIP LOCKED
    ) j
    WHERE EXISTS (SELECT 1 FROM fence)
      AND c.queue NOT IN (SELECT q.name FROM barid.queue q WHERE q.paused)
    LIMIT $8
), claimed AS (
    UPDATE barid.job j
    SET state = 'running', attempt = j.attempt + 1, claim_id = $3::uuid, claimed_at = now()
    WHERE j.id = ANY (ARRAY(SELECT p.id FROM picked p WHERE NOT p.keyed))
    RETURNING j.*
), ticket AS (
    INSERT INTO barid.claim (claim_id, worker_id, job_ids)
    SELECT $3::uuid, $1, array_agg(c.id) FROM claimed c HAVING count(*) > 0
)
SELECT 'claimed', c.id, c.queue, c.kind, c.payload::text, c.priority, c.attempt, c.max_attempts,
       c.run_at, c.created_at, c.request_id, c.traceparent
FROM claimed c
UNION ALL
SELECT 'keyed', p.id, p.queue, '', '', p.priority, 0, 0, p.run_at, p.run_at, NULL, NULL
FROM picked p WHERE p.keyed
UNION ALL
SELECT 'now', (SELECT count(*) FROM fence), '', '', '', 0, 0, 0, now(), now(), NULL, NULL
