WITH gone AS (
    DELETE FROM barid.job j
    USING unnest($1::bigint[], $2::uuid[]) AS t(job_id, claim)
    WHERE j.id = t.job_id AND j.claim_id = t.claim AND j.state = 'running'
      AND j.ordering_key IS NULL
    RETURNING j.*
), kept AS (
    INSERT INTO barid.job_history (id, run_at, created_at, claimed_at, claim_id, state, priority,
        attempt, max_attempts, queue, kind, payload, unique_key, request_id, traceparent, tags,
        origin_id, errors)
    SELECT g.id, g.run_at, g.created_at, g.claimed_at, g.claim_id, 'completed', g.priority,
        g.attempt, g.max_attempts, g.queue, g.kind, g.payload, g.unique_key, g.request_id,
        g.traceparent, g.tags, g.origin_id, g.errors
    FROM gone g LEFT JOIN barid.queue q ON q.name = g.queue
    WHERE coalesce(q.keep_history, true)
), tickets AS (
    DELETE FROM barid.claim c WHERE c.claim_id = ANY ($3::uuid[])
)
SELECT id FROM gone
