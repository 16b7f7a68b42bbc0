SELECT 'claimed', c.id, c.queue, c.kind, c.payload::text, c.priority, c.attempt, c.max_attempts,
       c.run_at, c.created_at, c.request_id, c.traceparent
FROM barid.job c WHERE c.id = ANY ($1::bigint[]) AND c.claim_id = $2::uuid
