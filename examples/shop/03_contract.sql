-- What a shop does with its money and stock, and what Barid may ask it to do (docs/commerce.md,
-- "The contract" and "Money and orders").
--
-- Schema shop: functions of the shop's own backend. Schema barid_shop: those that Barid calls, with
-- the rights of their owner.
--
-- Whoever takes several locks takes them in this order, and looks again after he has them:
--     order → attempts (by id) → charge, refund → stock (variant, location) → promotion (id) → outbox
-- FOR NO KEY UPDATE throughout: inserting a row that refers to another locks that one FOR KEY SHARE,
-- which two sessions can have at once and neither could then raise to FOR UPDATE.

-- Tells the customer, in this transaction: what was rolled back is told to nobody. `vars` are those
-- of the notice's template. The ids here are collated "C"; Barid, called with such a one, would
-- compare by that, and none of its indexes are of it: it would read its tables from end to end.
CREATE FUNCTION shop.notice(o shop.orders, notice text, vars jsonb, dedupe text DEFAULT NULL)
    RETURNS void
    LANGUAGE plpgsql SET search_path = pg_catalog, shop, pg_temp AS $$
BEGIN
    PERFORM barid.order_notice(o.customer_id COLLATE "default", $2, o.id, $3, $4);
END $$;

-- Barid tells people in the language that it knows of them.
CREATE FUNCTION shop.customer_locale() RETURNS trigger
    LANGUAGE plpgsql SET search_path = pg_catalog, shop, pg_temp AS $$
BEGIN
    PERFORM barid.upsert_user(NEW.id, NEW.locale);
    RETURN NULL;
END $$;
CREATE TRIGGER tell_locale AFTER INSERT OR UPDATE OF locale ON shop.customers
    FOR EACH ROW EXECUTE FUNCTION shop.customer_locale();

CREATE FUNCTION shop.emit_order(o shop.orders, event_type text, more jsonb DEFAULT '{}')
    RETURNS void
    LANGUAGE sql SET search_path = pg_catalog, shop, pg_temp AS $$
    SELECT shop.emit('order', o.id, event_type,
                     jsonb_build_object('order', o.id, 'customer', o.customer_id,
                                        'status', o.status, 'location', o.location_id,
                                        'total_minor', o.total_minor, 'currency', o.currency)
                         || more,
                     ARRAY['order:' || o.id]);
$$;

--------------------------------------------------------------------------------------------------
-- Locks and ledgers

CREATE FUNCTION shop.lock_order(order_id text) RETURNS shop.orders
    LANGUAGE plpgsql SET search_path = pg_catalog, shop, pg_temp AS $$
DECLARE
    o shop.orders;
BEGIN
    SELECT r.* INTO o FROM shop.orders r WHERE r.id = $1 FOR NO KEY UPDATE;
    RETURN o;
END $$;

CREATE FUNCTION shop.lock_attempts(order_id text) RETURNS void
    LANGUAGE plpgsql SET search_path = pg_catalog, shop, pg_temp AS $$
BEGIN
    PERFORM 1 FROM shop.attempts a WHERE a.order_id = $1 ORDER BY a.id FOR NO KEY UPDATE;
END $$;

CREATE FUNCTION shop.lock_stock(o shop.orders) RETURNS void
    LANGUAGE plpgsql SET search_path = pg_catalog, shop, pg_temp AS $$
BEGIN
    PERFORM 1 FROM shop.stock s JOIN shop.order_lines l ON l.variant_id = s.variant_id
    WHERE l.order_id = o.id AND s.location_id = o.location_id
    ORDER BY s.variant_id, s.location_id FOR NO KEY UPDATE OF s;
END $$;

CREATE FUNCTION shop.lock_promo(o shop.orders) RETURNS shop.promos
    LANGUAGE plpgsql SET search_path = pg_catalog, shop, pg_temp AS $$
DECLARE
    p shop.promos;
BEGIN
    SELECT r.* INTO p FROM shop.promos r WHERE r.id = o.promo_id ORDER BY r.id FOR NO KEY UPDATE;
    RETURN p;
END $$;

-- Takes all that an order needs, or nothing: NULL, or what is lacking. `held` for a new order,
-- `committed` for one that was cancelled and then paid: its promotion was valid when it was made,
-- and only the limit counts now.
CREATE FUNCTION shop.take(o shop.orders, as_state text) RETURNS text
    LANGUAGE plpgsql SET search_path = pg_catalog, shop, pg_temp AS $$
DECLARE
    lacking text;
    p       shop.promos;
BEGIN
    PERFORM shop.lock_stock(o);
    SELECT string_agg(l.variant_id, ', ' ORDER BY l.variant_id) INTO lacking
    FROM shop.order_lines l
    LEFT JOIN shop.stock s ON s.variant_id = l.variant_id AND s.location_id = o.location_id
    WHERE l.order_id = o.id AND coalesce(s.available, 0) < l.quantity;
    IF lacking IS NOT NULL THEN
        RETURN 'out of stock: ' || lacking;
    END IF;
    IF o.promo_id IS NOT NULL THEN
        p := shop.lock_promo(o);
        IF p.used >= p.max_uses OR (as_state = 'held' AND p.valid_until <= clock_timestamp()) THEN
            RETURN 'the promotion is over: ' || o.promo_id;
        END IF;
    END IF;
    WITH taken AS (
        INSERT INTO shop.reservations (order_id, variant_id, location_id, quantity, state)
        SELECT l.order_id, l.variant_id, o.location_id, l.quantity, as_state
        FROM shop.order_lines l WHERE l.order_id = o.id
        RETURNING variant_id, location_id, quantity)
    UPDATE shop.stock s
    SET available = s.available - t.quantity,
        held = s.held + CASE as_state WHEN 'held' THEN t.quantity ELSE 0 END,
        committed = s.committed + CASE as_state WHEN 'committed' THEN t.quantity ELSE 0 END
    FROM taken t WHERE s.variant_id = t.variant_id AND s.location_id = t.location_id;
    IF o.promo_id IS NOT NULL THEN
        INSERT INTO shop.promo_uses (order_id, promo_id, state)
        VALUES (o.id, o.promo_id, CASE as_state WHEN 'held' THEN 'held' ELSE 'used' END);
        UPDATE shop.promos r SET used = r.used + 1 WHERE r.id = o.promo_id;
    END IF;
    RETURN NULL;
END $$;

-- The order is placed: what it held is its own.
CREATE FUNCTION shop.commit_held(o shop.orders) RETURNS void
    LANGUAGE plpgsql SET search_path = pg_catalog, shop, pg_temp AS $$
BEGIN
    PERFORM shop.lock_stock(o);
    WITH moved AS (
        UPDATE shop.reservations r SET state = 'committed', changed_at = clock_timestamp()
        WHERE r.order_id = o.id AND r.state = 'held'
        RETURNING r.variant_id, r.location_id, r.quantity)
    UPDATE shop.stock s SET held = s.held - m.quantity, committed = s.committed + m.quantity
    FROM moved m WHERE s.variant_id = m.variant_id AND s.location_id = m.location_id;
    UPDATE shop.promo_uses u SET state = 'used', changed_at = clock_timestamp()
    WHERE u.order_id = o.id AND u.state = 'held';
END $$;

-- Gives back what the order holds.
CREATE FUNCTION shop.release_held(o shop.orders) RETURNS void
    LANGUAGE plpgsql SET search_path = pg_catalog, shop, pg_temp AS $$
BEGIN
    PERFORM shop.lock_stock(o);
    WITH freed AS (
        UPDATE shop.reservations r SET state = 'released', changed_at = clock_timestamp()
        WHERE r.order_id = o.id AND r.state = 'held'
        RETURNING r.variant_id, r.location_id, r.quantity)
    UPDATE shop.stock s SET available = s.available + f.quantity, held = s.held - f.quantity
    FROM freed f WHERE s.variant_id = f.variant_id AND s.location_id = f.location_id;
    PERFORM shop.lock_promo(o);
    WITH freed AS (
        UPDATE shop.promo_uses u SET state = 'released', changed_at = clock_timestamp()
        WHERE u.order_id = o.id AND u.state = 'held'
        RETURNING u.promo_id)
    UPDATE shop.promos p SET used = p.used - 1 FROM freed f WHERE p.id = f.promo_id;
END $$;

--------------------------------------------------------------------------------------------------
-- The shop's backend. Errors of its own: SH001 out of stock, SH002 the promotion can't be used,
-- SH003 the order is not to be paid now, SH004 it can't be cancelled.

-- Reserves goods and promotion, and places at once what needs no payment. `lines` is
-- [{"variant": "ROSE", "quantity": 2}], in any order; with an `order_id` of the caller's own it can
-- be called again.
CREATE FUNCTION shop.place_order(customer text, lines jsonb, payment_method text DEFAULT 'card',
                                 promo text DEFAULT NULL, location text DEFAULT 'KW',
                                 hold interval DEFAULT '30 minutes', order_id text DEFAULT NULL,
                                 created_by text DEFAULT 'customer') RETURNS text
    LANGUAGE plpgsql SET search_path = pg_catalog, shop, pg_temp AS $$
#variable_conflict use_column
DECLARE
    o        shop.orders;
    p        shop.promos;
    bad      text;
    total    bigint;
    discount bigint := 0;
    lacking  text;
BEGIN
    IF jsonb_typeof($2) IS DISTINCT FROM 'array' OR jsonb_array_length($2) NOT BETWEEN 1 AND 100
    THEN
        RAISE EXCEPTION 'lines must be an array of 1 to 100 objects' USING ERRCODE = '22023',
            HINT = '[{"variant": "ROSE", "quantity": 2}]';
    END IF;
    SELECT l.line::text INTO bad FROM jsonb_array_elements($2) l (line)
    WHERE (jsonb_typeof(l.line) = 'object' AND jsonb_typeof(l.line -> 'variant') = 'string'
           AND jsonb_typeof(l.line -> 'quantity') = 'number'
           AND l.line ->> 'quantity' ~ '^[1-9][0-9]{0,5}$') IS NOT TRUE
    LIMIT 1;
    IF bad IS NOT NULL THEN
        RAISE EXCEPTION 'a line must have a variant and a quantity from 1 to 999999, not %', bad
            USING ERRCODE = '22023';
    END IF;
    SELECT string_agg(DISTINCT l.line ->> 'variant', ', ') INTO bad
    FROM jsonb_array_elements($2) l (line)
    WHERE NOT EXISTS (SELECT 1 FROM shop.prices r
                      WHERE r.variant_id = l.line ->> 'variant' AND r.location_id = $5);
    IF bad IS NOT NULL THEN
        RAISE EXCEPTION '% is not sold at %', bad, $5 USING ERRCODE = '22023',
            HINT = 'give it a price there in shop.prices';
    END IF;
    SELECT sum(r.amount_minor * (l.line ->> 'quantity')::bigint) INTO total
    FROM jsonb_array_elements($2) l (line)
    JOIN shop.prices r ON r.variant_id = l.line ->> 'variant' AND r.location_id = $5;
    IF $4 IS NOT NULL THEN
        SELECT r.* INTO p FROM shop.promos r WHERE r.id = $4;
        IF p.id IS NULL THEN
            RAISE EXCEPTION 'there is no promotion %', $4 USING ERRCODE = 'SH002';
        END IF;
        discount := total * p.percent / 100;
    END IF;

    INSERT INTO shop.orders AS r (id, customer_id, location_id, payment_method, promo_id,
                                  subtotal_minor, discount_minor, total_minor, currency,
                                  created_by, expires_at)
    SELECT coalesce($7, gen_random_uuid()::text), $1, w.id, $3, $4, total, discount,
           total - discount, w.currency, $8,
           CASE WHEN $3 = 'card' AND total > discount AND $8 = 'customer'
                THEN clock_timestamp() + $6 END
    FROM shop.locations w WHERE w.id = $5
    ON CONFLICT (id) DO NOTHING
    RETURNING r.* INTO o;
    IF o.id IS NULL THEN
        IF NOT EXISTS (SELECT 1 FROM shop.orders r WHERE r.id = $7 AND r.customer_id = $1) THEN
            RAISE EXCEPTION 'the order % is somebody else''s', $7 USING ERRCODE = '22023';
        END IF;
        RETURN $7;
    END IF;
    INSERT INTO shop.order_lines (order_id, variant_id, quantity, amount_minor, name_en, name_ar)
    SELECT o.id, v.id, w.quantity, r.amount_minor, concat_ws(' – ', g.name_en, nullif(v.name_en, '')),
           concat_ws(' – ', g.name_ar, nullif(v.name_ar, ''))
    FROM (SELECT l.line ->> 'variant' AS variant, sum((l.line ->> 'quantity')::bigint) AS quantity
          FROM jsonb_array_elements($2) l (line) GROUP BY 1) w
    JOIN shop.variants v ON v.id = w.variant
    JOIN shop.products g ON g.id = v.product_id
    JOIN shop.prices r ON r.variant_id = v.id AND r.location_id = o.location_id;

    lacking := shop.take(o, 'held');
    IF lacking IS NOT NULL THEN
        RAISE EXCEPTION '%', lacking
            USING ERRCODE = CASE WHEN lacking LIKE 'out%' THEN 'SH001' ELSE 'SH002' END;
    END IF;
    PERFORM shop.emit_order(o, 'order.created');  -- all locks that follow are had already
    IF o.payment_method = 'cod' OR o.total_minor = 0 THEN
        PERFORM shop.place_unpaid(o.id, CASE WHEN o.total_minor = 0 THEN 'zero' ELSE 'cod' END);
    END IF;
    RETURN o.id;
END $$;

-- PENDING → PLACED, without a payment through a gateway. Returns whether it did.
CREATE FUNCTION shop.place_unpaid(order_id text, source text) RETURNS boolean
    LANGUAGE plpgsql SET search_path = pg_catalog, shop, pg_temp AS $$
DECLARE
    o shop.orders;
BEGIN
    PERFORM shop.lock_order($1);
    PERFORM shop.lock_attempts($1);
    UPDATE shop.orders r SET status = 'PLACED' WHERE r.id = $1 AND r.status = 'PENDING'
    RETURNING r.* INTO o;
    IF o.id IS NULL THEN
        RETURN false;
    END IF;
    PERFORM shop.drop_attempts(o.id, 'the order is placed');
    PERFORM shop.commit_held(o);
    INSERT INTO shop.placements (order_id, source) VALUES (o.id, $2);
    PERFORM shop.emit_order(o, 'order.placed', jsonb_build_object('source', $2));
    RETURN true;
END $$;

-- Somebody has seen the money of an order that is paid by hand.
CREATE FUNCTION shop.confirm_manual(order_id text, actor text) RETURNS boolean
    LANGUAGE plpgsql SET search_path = pg_catalog, shop, pg_temp AS $$
BEGIN
    IF NOT EXISTS (SELECT 1 FROM shop.orders o
                   WHERE o.id = $1 AND o.payment_method = 'manual') THEN
        RAISE EXCEPTION 'the order % is not one that is paid by hand', $1 USING ERRCODE = '22023';
    END IF;
    RETURN shop.place_unpaid($1, 'manual:' || $2);
END $$;

-- Attempts that nobody has begun to execute won't be.
CREATE FUNCTION shop.drop_attempts(order_id text, why text) RETURNS void
    LANGUAGE sql SET search_path = pg_catalog, shop, pg_temp AS $$
    UPDATE shop.attempts a SET state = 'FAILED', error = $2, changed_at = clock_timestamp()
    WHERE a.order_id = $1 AND a.state = 'CREATED';
$$;

-- A try to pay. A worker executes it, or the backend does so itself: then it is `submitted` before
-- the gateway is called, and gets its invoice by shop.attempt_invoice. The gateway is told
-- the attempt's reference, by which it can be found when an answer is lost.
CREATE FUNCTION shop.begin_attempt(order_id text, gateway text, body jsonb DEFAULT '{}',
                                   submitted boolean DEFAULT false, invoice_id text DEFAULT NULL,
                                   attempt_id text DEFAULT NULL) RETURNS text
    LANGUAGE plpgsql SET search_path = pg_catalog, shop, pg_temp AS $$
#variable_conflict use_column
DECLARE
    o    shop.orders := shop.lock_order($1);
    many bigint;
    made text;
BEGIN
    PERFORM shop.lock_attempts($1);
    IF o.status IS DISTINCT FROM 'PENDING' OR o.payment_method = 'cod' THEN
        RAISE EXCEPTION 'the order % is not to be paid through a gateway', $1
            USING ERRCODE = 'SH003';
    END IF;
    IF EXISTS (SELECT 1 FROM shop.attempts a
               WHERE a.order_id = $1 AND a.state IN ('EXECUTING', 'UNKNOWN', 'PAID')) THEN
        RAISE EXCEPTION 'an attempt to pay the order % is under way, or nobody knows its fate', $1
            USING ERRCODE = 'SH003', HINT = 'payment.reconcile will find out; try again then';
    END IF;
    SELECT count(*) INTO many FROM shop.attempts a WHERE a.order_id = $1;
    INSERT INTO shop.attempts AS a (id, order_id, gateway, state, reference, invoice_id,
                                    amount_minor, currency, body)
    VALUES (coalesce($6, gen_random_uuid()::text), o.id, $2,
            CASE WHEN $4 OR $5 IS NOT NULL THEN 'SUBMITTED' ELSE 'CREATED' END,
            o.id || '.' || many + 1, $5, o.total_minor, o.currency, $3)
    RETURNING a.id INTO made;
    RETURN made;
END $$;

CREATE FUNCTION shop.attempt_invoice(attempt_id text, invoice_id text) RETURNS boolean
    LANGUAGE plpgsql SET search_path = pg_catalog, shop, pg_temp AS $$
BEGIN
    PERFORM shop.lock_order(a.order_id) FROM shop.attempts a WHERE a.id = $1;
    UPDATE shop.attempts a SET invoice_id = $2, changed_at = clock_timestamp()
    WHERE a.id = $1 AND a.invoice_id IS NULL AND a.state IN ('SUBMITTED', 'UNKNOWN');
    RETURN FOUND;
END $$;

-- PENDING → CANCELLED, with everything given back. Attempts that the gateway may still be paid
-- through stay open: money that comes later is dealt with by mark_paid.
CREATE FUNCTION shop.cancel_locked(o shop.orders, actor text, evidence_id bigint) RETURNS boolean
    LANGUAGE plpgsql SET search_path = pg_catalog, shop, pg_temp AS $$
DECLARE
    cancelled shop.orders;
BEGIN
    UPDATE shop.orders r
    SET status = 'CANCELLED', cancelled_at = clock_timestamp(), cancelled_by = $2,
        cancel_evidence = $3
    WHERE r.id = o.id AND r.status = 'PENDING'
    RETURNING r.* INTO cancelled;
    IF cancelled.id IS NULL THEN
        RETURN false;
    END IF;
    PERFORM shop.drop_attempts(o.id, 'the order is cancelled');
    PERFORM shop.release_held(cancelled);
    PERFORM shop.notice(cancelled, 'cancelled', jsonb_build_object(
        'reason', CASE $2 WHEN 'expiry' THEN 'expired' ELSE 'cancelled' END));
    PERFORM shop.emit_order(cancelled, 'order.cancelled', jsonb_build_object('by', $2));
    RETURN true;
END $$;

-- By the customer or somebody of the shop, before it is paid. Not while a payment is under way, nor
-- with money that somebody has to look at.
CREATE FUNCTION shop.cancel_order(order_id text, actor text) RETURNS boolean
    LANGUAGE plpgsql SET search_path = pg_catalog, shop, pg_temp AS $$
DECLARE
    o shop.orders := shop.lock_order($1);
BEGIN
    PERFORM shop.lock_attempts($1);
    IF o.status = 'PENDING' AND (
        EXISTS (SELECT 1 FROM shop.attempts a
                WHERE a.order_id = $1 AND a.state IN ('EXECUTING', 'PAID'))
        OR EXISTS (SELECT 1 FROM shop.charges c
                   WHERE c.order_id = $1 AND c.disposition = 'held')) THEN
        RAISE EXCEPTION 'a payment of the order % is under way', $1 USING ERRCODE = 'SH004';
    END IF;
    RETURN o.id IS NOT NULL AND shop.cancel_locked(o, $2, NULL);
END $$;

CREATE FUNCTION shop.cancel_by_customer(order_id text, customer text) RETURNS boolean
    LANGUAGE plpgsql SET search_path = pg_catalog, shop, pg_temp AS $$
BEGIN
    IF NOT EXISTS (SELECT 1 FROM shop.orders o WHERE o.id = $1 AND o.customer_id = $2) THEN
        RAISE EXCEPTION 'the order % is not one of %', $1, $2 USING ERRCODE = '22023';
    END IF;
    RETURN shop.cancel_order($1, 'customer');
END $$;

-- Goods came in.
CREATE FUNCTION shop.receive_stock(variant text, location text, quantity bigint) RETURNS bigint
    LANGUAGE plpgsql SET search_path = pg_catalog, shop, pg_temp AS $$
#variable_conflict use_column
DECLARE
    now_available bigint;
BEGIN
    IF $3 IS NULL OR $3 < 1 THEN
        RAISE EXCEPTION 'the quantity that came in must be at least 1, not %', $3
            USING ERRCODE = '22023';
    END IF;
    INSERT INTO shop.stock AS s (variant_id, location_id, total, available) VALUES ($1, $2, $3, $3)
    ON CONFLICT (variant_id, location_id) DO UPDATE
        SET total = s.total + excluded.total, available = s.available + excluded.available
    RETURNING s.available INTO now_available;
    RETURN now_available;
END $$;

--------------------------------------------------------------------------------------------------
-- Money

-- Decides what a charge of the locked order is: it places the order, or has to go back.
CREATE FUNCTION shop.settle(o shop.orders, charge_id bigint, source text) RETURNS text
    LANGUAGE plpgsql SET search_path = pg_catalog, shop, pg_temp AS $$
DECLARE
    paid   shop.orders;
    charge shop.charges;
    said   text := 'REFUND_DUE';
    why    text := 'duplicate';
BEGIN
    UPDATE shop.orders r SET status = 'PAID', paid_at = clock_timestamp()
    WHERE r.id = o.id AND r.status = 'PENDING'
    RETURNING r.* INTO paid;
    IF paid.id IS NOT NULL THEN
        said := 'FLIPPED';
        PERFORM shop.commit_held(paid);
    ELSIF o.status = 'CANCELLED' THEN
        why := shop.take(o, 'committed');
        IF why IS NULL THEN
            said := 'LATE_PLACED';
            UPDATE shop.orders r SET status = 'PAID', paid_at = clock_timestamp()
            WHERE r.id = o.id AND r.status = 'CANCELLED'
            RETURNING r.* INTO STRICT paid;
        END IF;
    END IF;

    UPDATE shop.charges c
    SET disposition = CASE said WHEN 'REFUND_DUE' THEN 'refund_due' ELSE 'placed' END,
        reason = CASE said WHEN 'REFUND_DUE' THEN why ELSE lower(said) END
    WHERE c.id = $2 AND c.disposition = 'held'
    RETURNING c.* INTO STRICT charge;
    UPDATE shop.attempts a
    SET state = 'PAID', payment_id = coalesce(a.payment_id, charge.payment_id), error = NULL,
        evidence_id = charge.evidence_id, changed_at = clock_timestamp()
    WHERE a.id = charge.attempt_id AND a.state <> 'PAID';
    IF said = 'REFUND_DUE' THEN
        INSERT INTO shop.refunds (charge_id, order_id, gateway, payment_id, amount_minor, currency,
                                  reason)
        VALUES (charge.id, o.id, charge.gateway, charge.payment_id, charge.amount_minor,
                charge.currency, why);
        PERFORM shop.emit_order(o, 'order.refund_due',
                                jsonb_build_object('payment_id', charge.payment_id, 'reason', why));
        RETURN said;
    END IF;
    PERFORM shop.drop_attempts(o.id, 'the order is paid');
    INSERT INTO shop.placements (order_id, source) VALUES (o.id, $3);
    PERFORM shop.notice(paid, 'paid', jsonb_build_object(
        'total', barid.money(charge.amount_minor, charge.currency)));
    PERFORM shop.emit_order(paid, 'order.paid', jsonb_build_object(
        'payment_id', charge.payment_id, 'late', said = 'LATE_PLACED', 'source', $3));
    RETURN said;
END $$;

-- A person says what money is that was not what was asked for: 'accept' it as the order's payment,
-- or 'refund' it.
CREATE FUNCTION shop.resolve_charge(charge_id bigint, decision text, actor text) RETURNS text
    LANGUAGE plpgsql SET search_path = pg_catalog, shop, pg_temp AS $$
DECLARE
    o shop.orders;
    c shop.charges;
BEGIN
    IF $2 IS NULL OR $2 NOT IN ('accept', 'refund') OR coalesce($3, '') = '' THEN
        RAISE EXCEPTION 'the decision must be accept or refund, and somebody''s'
            USING ERRCODE = '22023';
    END IF;
    SELECT r.* INTO c FROM shop.charges r WHERE r.id = $1;
    o := shop.lock_order(c.order_id);
    PERFORM shop.lock_attempts(c.order_id);
    SELECT r.* INTO c FROM shop.charges r WHERE r.id = $1 FOR NO KEY UPDATE;
    IF c.disposition IS DISTINCT FROM 'held' THEN
        RETURN 'NOT_HELD';
    END IF;
    IF $2 = 'accept' THEN
        RETURN shop.settle(o, $1, 'accepted:' || $3);
    END IF;
    UPDATE shop.charges r SET disposition = 'refund_due', reason = c.reason || ', refused by ' || $3
    WHERE r.id = $1;
    UPDATE shop.attempts a
    SET state = 'FAILED', error = c.reason, changed_at = clock_timestamp()
    WHERE a.id = c.attempt_id AND a.state IN ('CREATED', 'SUBMITTED', 'UNKNOWN');
    INSERT INTO shop.refunds (charge_id, order_id, gateway, payment_id, amount_minor, currency,
                              reason)
    VALUES (c.id, o.id, c.gateway, c.payment_id, c.amount_minor, c.currency, c.reason);
    PERFORM shop.emit_order(o, 'order.refund_due', jsonb_build_object(
        'payment_id', c.payment_id, 'reason', c.reason));
    RETURN 'REFUND_DUE';
END $$;

-- A person has seen at the gateway that a refund didn't happen, and wants it asked for again.
CREATE FUNCTION shop.retry_refund(refund_id text, actor text) RETURNS boolean
    LANGUAGE plpgsql SET search_path = pg_catalog, shop, pg_temp AS $$
BEGIN
    UPDATE shop.refunds r
    SET state = 'DUE', error = 'again, said ' || $2, gateway_refund_id = NULL,
        changed_at = clock_timestamp()
    WHERE r.id = $1 AND r.state IN ('REJECTED', 'UNKNOWN');
    RETURN FOUND;
END $$;

--------------------------------------------------------------------------------------------------
-- The contract

CREATE FUNCTION barid_shop.contract_version() RETURNS int
    LANGUAGE sql IMMUTABLE SECURITY DEFINER SET search_path = pg_catalog, pg_temp
    AS $$ SELECT 1 $$;

-- What a gateway knows an attempt by.
CREATE FUNCTION shop.attempt_row(a shop.attempts)
    RETURNS TABLE (order_id text, attempt_id text, gateway text, state text, key_type text,
                   key text, reference text, amount_minor bigint, currency text,
                   created_at timestamptz)
    LANGUAGE sql STABLE ROWS 1 AS $$
    SELECT a.order_id, a.id, a.gateway, a.state,
           CASE WHEN a.invoice_id IS NOT NULL THEN 'invoice_id'
                WHEN a.payment_id IS NOT NULL THEN 'payment_id'
                ELSE 'customer_reference' END,
           coalesce(a.invoice_id, a.payment_id, a.reference),
           a.reference, a.amount_minor, a.currency, a.created_at;
$$;

CREATE FUNCTION barid_shop.payment_candidates(max_attempts int, min_age interval, after text)
    RETURNS TABLE (order_id text, attempt_id text, gateway text, state text, key_type text,
                   key text, reference text, amount_minor bigint, currency text,
                   created_at timestamptz)
    LANGUAGE sql STABLE SECURITY DEFINER SET search_path = pg_catalog, shop, pg_temp AS $$
    SELECT r.*
    FROM (SELECT a AS attempt FROM shop.attempts a
          WHERE a.state IN ('SUBMITTED', 'UNKNOWN') AND a.id > coalesce($3, '')
            AND a.created_at <= clock_timestamp() - $2
          ORDER BY a.id LIMIT $1) open,
         shop.attempt_row(open.attempt) r
    ORDER BY r.attempt_id COLLATE "C";
$$;

CREATE FUNCTION barid_shop.order_attempts(order_id text)
    RETURNS TABLE (order_id text, attempt_id text, gateway text, state text, key_type text,
                   key text, reference text, amount_minor bigint, currency text,
                   created_at timestamptz)
    LANGUAGE sql STABLE SECURITY DEFINER SET search_path = pg_catalog, shop, pg_temp AS $$
    SELECT r.* FROM shop.attempts a, shop.attempt_row(a) r
    WHERE a.order_id = $1 AND a.state IN ('EXECUTING', 'SUBMITTED', 'UNKNOWN', 'PAID')
    ORDER BY a.id;
$$;

CREATE FUNCTION barid_shop.find_attempts(gateway text, key_type text, key text)
    RETURNS TABLE (order_id text, attempt_id text, gateway text, state text, key_type text,
                   key text, reference text, amount_minor bigint, currency text,
                   created_at timestamptz)
    LANGUAGE sql STABLE SECURITY DEFINER SET search_path = pg_catalog, shop, pg_temp AS $$
    SELECT r.* FROM shop.attempts a, shop.attempt_row(a) r
    WHERE a.gateway = $1
      AND a.id IN (
          SELECT i.id FROM shop.attempts i
          WHERE $2 = 'invoice_id' AND i.gateway = $1 AND i.invoice_id = $3
          UNION ALL
          SELECT i.id FROM shop.attempts i
          WHERE $2 = 'payment_id' AND i.gateway = $1 AND i.payment_id = $3
          UNION ALL
          SELECT c.attempt_id FROM shop.charges c
          WHERE $2 = 'payment_id' AND c.gateway = $1 AND c.payment_id = $3
          UNION ALL
          SELECT i.id FROM shop.attempts i WHERE $2 = 'customer_reference' AND i.reference = $3)
    ORDER BY a.id;
$$;

-- Only rows that nobody has locked: this one holds many, of many orders, and waits for none.
CREATE FUNCTION barid_shop.expire_claims() RETURNS int
    LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, shop, pg_temp AS $$
DECLARE
    attempts int;
    refunds  int;
BEGIN
    UPDATE shop.attempts a SET state = 'UNKNOWN', changed_at = clock_timestamp()
    FROM (SELECT i.id FROM shop.attempts i
          WHERE i.state = 'EXECUTING' AND i.claimed_until < clock_timestamp()
          ORDER BY i.id LIMIT 1000 FOR NO KEY UPDATE SKIP LOCKED) over
    WHERE a.id = over.id AND a.state = 'EXECUTING';
    GET DIAGNOSTICS attempts = ROW_COUNT;
    UPDATE shop.refunds r SET state = 'UNKNOWN', changed_at = clock_timestamp()
    FROM (SELECT i.id FROM shop.refunds i
          WHERE i.state = 'REQUESTING' AND i.claimed_until < clock_timestamp()
          ORDER BY i.id LIMIT 1000 FOR NO KEY UPDATE SKIP LOCKED) over
    WHERE r.id = over.id AND r.state = 'REQUESTING';
    GET DIAGNOSTICS refunds = ROW_COUNT;
    RETURN attempts + refunds;
END $$;

CREATE FUNCTION barid_shop.mark_paid(order_id text, attempt_id text, payment_id text,
                                     amount_minor bigint, currency text, source text,
                                     evidence_id bigint) RETURNS text
    LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, shop, pg_temp AS $$
DECLARE
    a        shop.attempts;
    o        shop.orders;
    c        shop.charges;
    mismatch text;
BEGIN
    IF coalesce($3, '') = '' OR $4 IS NULL OR coalesce($5, '') = '' THEN
        RAISE EXCEPTION 'a payment of the order % has no id, amount or currency', $1
            USING ERRCODE = '22023';
    END IF;
    SELECT r.* INTO a FROM shop.attempts r WHERE r.id = $2;
    IF a.id IS NULL THEN
        RAISE EXCEPTION 'there is no attempt % to pay the order %', $2, $1 USING ERRCODE = '22023';
    END IF;
    o := shop.lock_order(a.order_id);
    PERFORM shop.lock_attempts(o.id);

    mismatch := CASE WHEN $1 IS DISTINCT FROM o.id THEN
                         format('the attempt is one to pay the order %s, not %s', o.id, $1)
                     WHEN $4 <> o.total_minor OR $5 <> o.currency THEN
                         format('%s %s instead of %s %s', $4, $5, o.total_minor, o.currency) END;
    INSERT INTO shop.charges (gateway, payment_id, order_id, attempt_id, amount_minor, currency,
                              disposition, reason, source, evidence_id)
    VALUES (a.gateway, $3, o.id, a.id, $4, $5, 'held', coalesce(mismatch, ''), $6, $7)
    ON CONFLICT ON CONSTRAINT charges_gateway_payment_id_key DO NOTHING
    RETURNING * INTO c;
    IF c.id IS NULL THEN
        SELECT r.* INTO c FROM shop.charges r WHERE r.gateway = a.gateway AND r.payment_id = $3
        FOR NO KEY UPDATE;
        IF c.order_id <> o.id OR $1 IS DISTINCT FROM o.id THEN
            RETURN 'MISMATCH';  -- one payment can't be two orders'
        ELSIF c.disposition = 'placed' THEN
            RETURN 'ALREADY';
        ELSIF c.disposition = 'refund_due' THEN
            RETURN 'REFUND_DUE';
        END IF;
    END IF;
    IF mismatch IS NOT NULL OR c.amount_minor <> $4 OR c.currency <> $5 THEN
        RETURN 'MISMATCH';
    END IF;
    RETURN shop.settle(o, c.id, $6);
END $$;

CREATE FUNCTION barid_shop.attempt_closed(attempt_id text, reason text, evidence_id bigint)
    RETURNS text
    LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, shop, pg_temp AS $$
DECLARE
    state text;
BEGIN
    IF $2 IS NULL OR $2 NOT IN ('FAILED', 'CANCELED', 'EXPIRED', 'NOT_FOUND') THEN
        RAISE EXCEPTION 'an attempt closes as FAILED, CANCELED, EXPIRED or NOT_FOUND, not %', $2
            USING ERRCODE = '22023';
    END IF;
    PERFORM shop.lock_order(a.order_id) FROM shop.attempts a WHERE a.id = $1;
    UPDATE shop.attempts a
    SET state = 'FAILED', error = $2, evidence_id = $3, changed_at = clock_timestamp()
    WHERE a.id = $1 AND a.state IN ('SUBMITTED', 'UNKNOWN')
      AND NOT EXISTS (SELECT 1 FROM shop.charges c
                      WHERE c.attempt_id = a.id AND c.disposition = 'held');
    IF FOUND THEN
        RETURN 'RECORDED';
    END IF;
    SELECT a.state INTO state FROM shop.attempts a WHERE a.id = $1 AND a.error = $2;
    RETURN CASE state WHEN 'FAILED' THEN 'RECORDED' ELSE 'STALE' END;
END $$;

-- Customers' own orders that are paid by card: nobody's cash, gift or telephone order is due.
CREATE FUNCTION shop.may_expire(o shop.orders) RETURNS boolean
    LANGUAGE sql STABLE AS $$
    SELECT o.status = 'PENDING' AND o.payment_method = 'card' AND o.total_minor > 0
           AND o.created_by = 'customer' AND o.expires_at <= clock_timestamp();
$$;

CREATE FUNCTION barid_shop.expirable_orders(max_orders int, after text) RETURNS SETOF text
    LANGUAGE sql STABLE SECURITY DEFINER SET search_path = pg_catalog, shop, pg_temp AS $$
    SELECT o.id FROM shop.orders o
    WHERE o.status = 'PENDING' AND o.payment_method = 'card' AND o.total_minor > 0
      AND o.created_by = 'customer' AND o.expires_at <= clock_timestamp()
      AND o.id > coalesce($2, '')
      AND NOT EXISTS (SELECT 1 FROM shop.charges c
                      WHERE c.order_id = o.id AND c.disposition = 'held')
    ORDER BY o.id LIMIT $1;
$$;

CREATE FUNCTION barid_shop.expire_order(order_id text, evidence_id bigint, checked_at timestamptz,
                                        attempts text[]) RETURNS text
    LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, shop, pg_temp AS $$
DECLARE
    o       shop.orders := shop.lock_order($1);
    open    text[];
    changed timestamptz;
    sure    boolean;
BEGIN
    IF o.status IN ('PAID', 'PLACED') THEN
        RETURN 'SKIPPED_PAID';
    ELSIF shop.may_expire(o) IS NOT TRUE THEN
        RETURN 'SKIPPED_STATE';
    END IF;
    PERFORM shop.lock_attempts($1);
    IF EXISTS (SELECT 1 FROM shop.attempts a WHERE a.order_id = $1 AND a.state = 'PAID')
       OR EXISTS (SELECT 1 FROM shop.charges c
                  WHERE c.order_id = $1 AND c.disposition = 'held') THEN
        RETURN 'SKIPPED_PAID';  -- there is money; a person has to say what it is
    END IF;
    SELECT coalesce(array_agg(a.id ORDER BY a.id), '{}'), max(a.changed_at),
           coalesce(bool_and(a.state <> 'EXECUTING'), true)
    INTO open, changed, sure
    FROM shop.attempts a
    WHERE a.order_id = $1 AND a.state IN ('EXECUTING', 'SUBMITTED', 'UNKNOWN');
    IF NOT sure OR open <> (SELECT coalesce(array_agg(DISTINCT i.id ORDER BY i.id), '{}')
                            FROM (SELECT e.id COLLATE "C" AS id FROM unnest($4) e (id)) i) THEN
        RETURN 'STALE_EVIDENCE';
    END IF;
    -- Where the gateway can't have been paid there is nothing to have asked it.
    IF open <> '{}' AND ($2 IS NULL OR $3 IS NULL OR changed >= $3 OR $3 > clock_timestamp()
                         OR $3 < clock_timestamp() - interval '2 minutes') THEN
        RETURN 'STALE_EVIDENCE';
    END IF;
    PERFORM shop.cancel_locked(o, 'expiry', $2);
    RETURN 'CANCELLED';
END $$;

-- Executing

CREATE FUNCTION barid_shop.claim_attempt(attempt_id text, ttl interval) RETURNS bigint
    LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, shop, pg_temp AS $$
DECLARE
    o   shop.orders;
    won bigint;
BEGIN
    o := shop.lock_order((SELECT a.order_id FROM shop.attempts a WHERE a.id = $1));
    PERFORM shop.lock_attempts(o.id);
    UPDATE shop.attempts a
    SET state = 'EXECUTING', fence = nextval('shop.fence'), claimed_until = clock_timestamp() + $2,
        executions = a.executions + 1, changed_at = clock_timestamp()
    WHERE a.id = $1 AND a.state = 'CREATED' AND o.status = 'PENDING'
      AND NOT EXISTS (SELECT 1 FROM shop.attempts i
                      WHERE i.order_id = o.id AND i.id <> a.id
                        AND i.state IN ('EXECUTING', 'UNKNOWN', 'PAID'))
    RETURNING a.fence INTO won;
    RETURN won;
END $$;

CREATE FUNCTION barid_shop.attempt_request(attempt_id text, fence bigint) RETURNS jsonb
    LANGUAGE sql STABLE SECURITY DEFINER SET search_path = pg_catalog, shop, pg_temp AS $$
    SELECT jsonb_build_object('gateway', a.gateway, 'reference', a.reference, 'amount_minor',
                              a.amount_minor, 'currency', a.currency, 'body', a.body)
    FROM shop.attempts a WHERE a.id = $1 AND a.fence = $2 AND a.state = 'EXECUTING';
$$;

-- Whoever claimed it may still say what became of it when his time is over, as long as nobody else
-- has: there never is a second claim. Without a fence, one that was found at the gateway.
CREATE FUNCTION barid_shop.attempt_outcome(attempt_id text, fence bigint, outcome text,
                                           invoice_id text, payment_id text, error text)
    RETURNS text
    LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, shop, pg_temp AS $$
DECLARE
    same boolean;
BEGIN
    IF $3 IS NULL OR $3 NOT IN ('SUBMITTED', 'FAILED', 'UNKNOWN') THEN
        RAISE EXCEPTION 'an attempt''s outcome is SUBMITTED, FAILED or UNKNOWN, not %', $3
            USING ERRCODE = '22023';
    END IF;
    PERFORM shop.lock_order(a.order_id) FROM shop.attempts a WHERE a.id = $1;
    UPDATE shop.attempts a
    SET state = $3, invoice_id = coalesce($4, a.invoice_id),
        payment_id = coalesce($5, a.payment_id), error = $6, changed_at = clock_timestamp()
    WHERE a.id = $1
      AND ((a.state = 'EXECUTING' AND a.fence = $2)
           OR (a.state = 'UNKNOWN' AND a.fence = $2 AND $3 <> 'UNKNOWN')
           OR (a.state = 'UNKNOWN' AND $2 IS NULL AND $3 = 'SUBMITTED'));
    IF FOUND THEN
        RETURN 'RECORDED';
    END IF;
    SELECT a.state = $3 INTO same FROM shop.attempts a
    WHERE a.id = $1 AND ($2 IS NULL OR a.fence = $2);
    RETURN CASE WHEN same THEN 'RECORDED' ELSE 'STALE' END;
END $$;

-- Refunds. What is asked for again, by a person's word, is asked for under another reference: the
-- first one is still to be found at the gateway.

CREATE FUNCTION barid_shop.refund_candidates(max_refunds int, after text)
    RETURNS TABLE (refund_id text, order_id text, gateway text, state text, key_type text,
                   key text, amount_minor bigint, currency text, gateway_refund_id text,
                   reference text)
    LANGUAGE sql STABLE SECURITY DEFINER SET search_path = pg_catalog, shop, pg_temp AS $$
    SELECT r.id, r.order_id, r.gateway, r.state, 'payment_id', r.payment_id, r.amount_minor,
           r.currency, r.gateway_refund_id,
           concat_ws('.', 'refund-' || r.id, nullif(n.nth, 1))
    FROM shop.refunds r,
         LATERAL (SELECT r.executions + CASE r.state WHEN 'DUE' THEN 1 ELSE 0 END) n (nth)
    WHERE r.state IN ('DUE', 'REQUESTED', 'UNKNOWN') AND r.id > coalesce($2, '')
    ORDER BY r.id LIMIT $1;
$$;

CREATE FUNCTION barid_shop.claim_refund(refund_id text, ttl interval) RETURNS bigint
    LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, shop, pg_temp AS $$
DECLARE
    won bigint;
BEGIN
    UPDATE shop.refunds r
    SET state = 'REQUESTING', fence = nextval('shop.fence'),
        claimed_until = clock_timestamp() + $2, executions = r.executions + 1,
        changed_at = clock_timestamp()
    WHERE r.id = $1 AND r.state = 'DUE'
    RETURNING r.fence INTO won;
    RETURN won;
END $$;

CREATE FUNCTION barid_shop.refund_outcome(refund_id text, fence bigint, outcome text,
                                          gateway_refund_id text, evidence_id bigint) RETURNS text
    LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, shop, pg_temp AS $$
DECLARE
    o    shop.orders;
    r    shop.refunds;
    same boolean;
BEGIN
    IF $3 IS NULL OR $3 NOT IN ('REQUESTED', 'REFUNDED', 'REJECTED', 'UNKNOWN', 'DUE') THEN
        RAISE EXCEPTION
            'a refund''s outcome is REQUESTED, REFUNDED, REJECTED, UNKNOWN or DUE, not %', $3
            USING ERRCODE = '22023';
    END IF;
    o := shop.lock_order((SELECT i.order_id FROM shop.refunds i WHERE i.id = $1));
    UPDATE shop.refunds i
    SET state = $3, gateway_refund_id = coalesce($4, i.gateway_refund_id),
        executions = i.executions - CASE $3 WHEN 'DUE' THEN 1 ELSE 0 END,  -- nothing was sent
        evidence_id = coalesce($5, i.evidence_id), changed_at = clock_timestamp()
    WHERE i.id = $1
      AND ((i.state = 'REQUESTING' AND i.fence = $2)
           OR (i.state = 'UNKNOWN' AND i.fence = $2 AND $3 <> 'UNKNOWN')
           OR (i.state = 'UNKNOWN' AND $2 IS NULL AND $3 NOT IN ('UNKNOWN', 'DUE'))
           OR (i.state = 'REQUESTED' AND $2 IS NULL AND $3 IN ('REFUNDED', 'REJECTED')))
    RETURNING i.* INTO r;
    IF r.id IS NULL THEN
        SELECT i.state = $3 INTO same FROM shop.refunds i
        WHERE i.id = $1 AND ($2 IS NULL OR i.fence = $2);
        RETURN CASE WHEN same THEN 'RECORDED' ELSE 'STALE' END;
    END IF;
    IF r.state = 'REFUNDED' THEN
        PERFORM shop.notice(o, 'refunded', jsonb_build_object(
            'total', barid.money(r.amount_minor, r.currency)), dedupe => 'refund:' || r.id);
        PERFORM shop.emit_order(o, 'order.refunded', jsonb_build_object(
            'payment_id', r.payment_id, 'amount_minor', r.amount_minor));
    END IF;
    RETURN 'RECORDED';
END $$;

REVOKE EXECUTE ON ALL FUNCTIONS IN SCHEMA shop FROM PUBLIC;
REVOKE EXECUTE ON ALL FUNCTIONS IN SCHEMA barid_shop FROM PUBLIC;
GRANT USAGE ON SCHEMA barid_shop TO barid_commerce;
GRANT EXECUTE ON ALL FUNCTIONS IN SCHEMA barid_shop TO barid_commerce;
