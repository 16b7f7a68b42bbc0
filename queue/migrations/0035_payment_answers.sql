-- What gateways say again and again is counted, whoever asks; which payments are held is known
-- of each attempt; and a second payment that is under way is looked at again.

-- Whether two answers are about the same: sweeps ask about an order's attempts one by one.
CREATE FUNCTION barid.payment_subject(attempts jsonb) RETURNS jsonb
    LANGUAGE sql IMMUTABLE SET search_path = pg_catalog, pg_temp AS $$
    SELECT coalesce(jsonb_agg(coalesce(a -> 'attempt', a -> 'refund') ORDER BY n), '[]')
    FROM jsonb_array_elements(attempts) WITH ORDINALITY e(a, n)
$$;

-- A sweep that hears what it heard last time counts that instead of adding a row, as long as nothing
-- is decided by it: what a cancellation or a closed attempt names is a row of its own.
CREATE OR REPLACE FUNCTION barid.payment_evidence(order_id text, cause text, verdict text,
                                                  checked_at timestamptz, attempts jsonb,
                                                  job_id bigint) RETURNS bigint
    LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, barid, pg_temp AS $$
#variable_conflict use_variable
DECLARE
    subject CONSTANT jsonb := barid.payment_subject(attempts);
    last    barid.payment_check;
    made    bigint;
BEGIN
    IF (cause = 'reconcile' AND verdict IN ('UNPAID', 'UNSURE', 'MISMATCH'))
       OR (cause = 'expire' AND verdict IN ('UNSURE', 'MISMATCH'))
       OR (cause = 'refund' AND verdict = 'MISMATCH') THEN
        SELECT c.* INTO last FROM barid.payment_check c
        WHERE c.order_id = payment_evidence.order_id
          AND barid.payment_subject(c.attempts) = subject
        ORDER BY c.id DESC LIMIT 1;
        -- Nothing follows from a mismatch that is told again: its money is known already.
        IF last.verdict = verdict AND last.attempts = attempts
           AND (last.cause = cause OR verdict <> 'UNPAID')
           AND (last.result IS NULL OR verdict = 'MISMATCH') THEN
            UPDATE barid.payment_check c
            SET times = c.times + 1, checked_at = greatest(c.checked_at, payment_evidence.checked_at)
            WHERE c.id = last.id AND (c.result IS NULL OR verdict = 'MISMATCH')
            RETURNING c.id INTO made;
            IF FOUND THEN RETURN made; END IF;
        END IF;
    END IF;
    INSERT INTO barid.payment_check (order_id, cause, verdict, checked_at, attempts, job_id)
    VALUES (order_id, cause, verdict, checked_at, attempts, job_id) RETURNING id INTO made;
    RETURN made;
END $$;

-- What came of it: "a1: FLIPPED". Added to what is there, once.
CREATE OR REPLACE FUNCTION barid.payment_result(id bigint, result text) RETURNS void
    LANGUAGE sql SECURITY DEFINER SET search_path = pg_catalog, barid, pg_temp AS $$
    UPDATE barid.payment_check c
    SET result = left(concat_ws('; ', c.result, payment_result.result), 250)
    WHERE c.id = payment_result.id
      AND strpos('; ' || coalesce(c.result, '') || ';', '; ' || payment_result.result || ';') = 0
$$;

-- Orders with money that a person must look at. An answer is over when a later one is about the same
-- attempt, or somebody asked about the whole order, or its money went back; what is still so is said
-- again by the next sweep, and is the later one then. What the shop has placed or returned since
-- (somebody decided) isn't held. Counted up to 10,000.
CREATE OR REPLACE FUNCTION barid.payment_held() RETURNS bigint
    LANGUAGE sql STABLE SECURITY DEFINER SET search_path = pg_catalog, barid, pg_temp AS $$
    SELECT count(*) FROM (
        SELECT DISTINCT c.order_id FROM barid.payment_check c
        WHERE c.verdict = 'MISMATCH'
          AND (c.result IS NULL OR strpos(c.result, ': MISMATCH') > 0
               OR c.result !~ ': (FLIPPED|ALREADY|LATE_PLACED|REFUND_DUE)')
          AND NOT EXISTS (
              SELECT FROM barid.payment_check n
              WHERE n.order_id = c.order_id
                AND (n.checked_at, n.id) > (c.checked_at, c.id)
                AND (n.cause IN ('person', 'refund')
                     OR EXISTS (SELECT FROM jsonb_array_elements(c.attempts) held,
                                            jsonb_array_elements(n.attempts) later
                                WHERE held ->> 'finding' = 'mismatch'
                                  AND later ->> 'attempt' = held ->> 'attempt')))
        LIMIT 10000) held
$$;

-- An order was paid while another payment of it was under way. If that one succeeds, too, it has to
-- go back, and nobody else would ask: the order is looked at once more, an hour later.
CREATE FUNCTION barid.payment_again(order_id text, queue text) RETURNS bigint
    LANGUAGE sql SECURITY DEFINER SET search_path = pg_catalog, barid, pg_temp AS $$
    SELECT barid.enqueue('payment.reconcile', jsonb_build_object('order', order_id), queue => queue,
                         delay => interval '1 hour', max_attempts => 10,
                         unique_key => 'payment.again:' || order_id, unique_while => 'waiting',
                         tags => ARRAY['order:' || order_id])
$$;

GRANT EXECUTE ON FUNCTION barid.payment_again(text, text) TO barid_worker;
