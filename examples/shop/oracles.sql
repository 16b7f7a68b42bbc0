-- Whether the shop's books are right: shop.violations() has a row for each thing that must not be,
-- and none as long as all is well. It reads only, and can be run on a live shop: one statement sees
-- one moment. Tests run it after everything they do; a shop may run it each night, as somebody who
-- may read Barid's tables too (I6 and I10 compare with them).
--
--   I1 an order becomes PAID at most once        I6 nothing was cancelled after its money was known
--   I2 it is placed at most once                 I7 no attempt or refund was executed twice
--   I3 PAID or PLACED ⇔ placed                   I8 each charge placed its order or goes back, once
--   I4 stock adds up, in total and by order      I9 events were delivered in order (02_outbox.sql)
--   I5 so do promotions, within their limits     I10 read models are what a rebuild would make them

CREATE FUNCTION shop.violations_i1() RETURNS TABLE (what text)
    LANGUAGE sql STABLE SET search_path = pg_catalog, shop, pg_temp AS $$
    SELECT format('I1: order %s became PAID %s times', h.order_id, count(*))
    FROM shop.order_history h WHERE h.to_status = 'PAID'
    GROUP BY h.order_id HAVING count(*) > 1
    UNION ALL
    SELECT format('I1: order %s went from %s to %s', h.order_id, coalesce(h.from_status, 'nothing'),
                  h.to_status)
    FROM shop.order_history h
    WHERE (coalesce(h.from_status, ''), h.to_status) NOT IN (
        ('', 'PENDING'), ('PENDING', 'PAID'), ('PENDING', 'PLACED'), ('PENDING', 'CANCELLED'),
        ('CANCELLED', 'PAID'));
$$;

-- The key of shop.placements forbids two rows; goods that were committed twice would be a second
-- placement all the same.
CREATE FUNCTION shop.violations_i2() RETURNS TABLE (what text)
    LANGUAGE sql STABLE SET search_path = pg_catalog, shop, pg_temp AS $$
    SELECT format('I2: order %s was placed %s times', p.order_id, count(*))
    FROM shop.placements p GROUP BY p.order_id HAVING count(*) > 1
    UNION ALL
    SELECT format('I2: order %s holds %s of %s instead of %s', l.order_id, r.quantity, l.variant_id,
                  l.quantity)
    FROM shop.order_lines l
    JOIN (SELECT r.order_id, r.variant_id, sum(r.quantity) AS quantity FROM shop.reservations r
          WHERE r.state <> 'released' GROUP BY 1, 2) r USING (order_id, variant_id)
    WHERE r.quantity <> l.quantity;
$$;

CREATE FUNCTION shop.violations_i3() RETURNS TABLE (what text)
    LANGUAGE sql STABLE SET search_path = pg_catalog, shop, pg_temp AS $$
    SELECT format('I3: order %s is %s and %s', o.id, o.status,
                  CASE WHEN p.order_id IS NULL THEN 'was not placed' ELSE 'was placed' END)
    FROM shop.orders o LEFT JOIN shop.placements p ON p.order_id = o.id
    WHERE (o.status IN ('PAID', 'PLACED')) <> (p.order_id IS NOT NULL);
$$;

CREATE FUNCTION shop.violations_i4() RETURNS TABLE (what text)
    LANGUAGE sql STABLE SET search_path = pg_catalog, shop, pg_temp AS $$
    SELECT format('I4: %s at %s: %s available, %s held and %s committed are not %s', s.variant_id,
                  s.location_id, s.available, s.held, s.committed, s.total)
    FROM shop.stock s
    WHERE s.available + s.held + s.committed <> s.total OR least(s.available, s.held, s.committed) < 0
    UNION ALL
    SELECT format('I4: %s at %s: %s held and %s committed, but orders hold %s and %s', s.variant_id,
                  s.location_id, s.held, s.committed, coalesce(r.held, 0),
                  coalesce(r.committed, 0))
    FROM shop.stock s
    LEFT JOIN (SELECT r.variant_id, r.location_id,
                      sum(r.quantity) FILTER (WHERE r.state = 'held') AS held,
                      sum(r.quantity) FILTER (WHERE r.state = 'committed') AS committed
               FROM shop.reservations r GROUP BY 1, 2) r USING (variant_id, location_id)
    WHERE s.held <> coalesce(r.held, 0) OR s.committed <> coalesce(r.committed, 0)
    UNION ALL
    SELECT format('I4: order %s is %s and holds %s of %s as %s', o.id, o.status,
                  coalesce(r.quantity, 0), l.variant_id, coalesce(r.state, 'nothing'))
    FROM shop.orders o
    JOIN shop.order_lines l ON l.order_id = o.id
    LEFT JOIN shop.reservations r ON r.order_id = o.id AND r.variant_id = l.variant_id
                                 AND r.location_id = o.location_id AND r.state <> 'released'
    WHERE r.state IS DISTINCT FROM CASE o.status WHEN 'PENDING' THEN 'held'
                                                 WHEN 'CANCELLED' THEN NULL ELSE 'committed' END;
$$;

CREATE FUNCTION shop.violations_i5() RETURNS TABLE (what text)
    LANGUAGE sql STABLE SET search_path = pg_catalog, shop, pg_temp AS $$
    SELECT format('I5: promotion %s counts %s uses, has %s, and may have %s', p.id, p.used,
                  coalesce(u.many, 0), coalesce(p.max_uses::text, 'any number'))
    FROM shop.promos p
    LEFT JOIN (SELECT u.promo_id, count(*) AS many FROM shop.promo_uses u
               WHERE u.state <> 'released' GROUP BY 1) u ON u.promo_id = p.id
    WHERE p.used <> coalesce(u.many, 0) OR p.used < 0 OR p.used > p.max_uses
    UNION ALL
    SELECT format('I5: order %s is %s and its use of %s is %s', o.id, o.status, o.promo_id,
                  coalesce(u.state, 'nothing'))
    FROM shop.orders o
    LEFT JOIN shop.promo_uses u ON u.order_id = o.id AND u.state <> 'released'
    WHERE u.state IS DISTINCT FROM
          CASE WHEN o.promo_id IS NULL OR o.status = 'CANCELLED' THEN NULL
               WHEN o.status = 'PENDING' THEN 'held' ELSE 'used' END;
$$;

CREATE FUNCTION shop.violations_i6() RETURNS TABLE (what text)
    LANGUAGE sql STABLE SET search_path = pg_catalog, shop, pg_temp AS $$
    SELECT format('I6: order %s was cancelled at %s, after its payment %s was known at %s', o.id,
                  o.cancelled_at, c.payment_id, c.created_at)
    FROM shop.orders o JOIN shop.charges c ON c.order_id = o.id
    WHERE o.cancelled_at > c.created_at
    UNION ALL
    SELECT format('I6: order %s was cancelled by evidence %s, which says %s of %s', o.id, k.id,
                  k.verdict, k.order_id)
    FROM shop.orders o JOIN barid.payment_check k ON k.id = o.cancel_evidence
    WHERE k.verdict <> 'UNPAID' OR k.order_id <> o.id
    UNION ALL
    SELECT format('I6: order %s of %s by %s was cancelled by expiry', o.id, o.payment_method,
                  o.created_by)
    FROM shop.orders o
    WHERE o.cancelled_by = 'expiry'
      AND (o.payment_method <> 'card' OR o.total_minor = 0 OR o.created_by <> 'customer');
$$;

CREATE FUNCTION shop.violations_i7() RETURNS TABLE (what text)
    LANGUAGE sql STABLE SET search_path = pg_catalog, shop, pg_temp AS $$
    SELECT format('I7: attempt %s of order %s was claimed %s times', a.id, a.order_id, a.executions)
    FROM shop.attempts a WHERE a.executions > 1
    UNION ALL
    SELECT format('I7: %s attempts of order %s are being executed', count(*), a.order_id)
    FROM shop.attempts a WHERE a.state = 'EXECUTING' GROUP BY a.order_id HAVING count(*) > 1
    UNION ALL
    SELECT format('I7: refund %s of order %s was claimed %s times', r.id, r.order_id, r.executions)
    FROM shop.refunds r
    WHERE r.executions > 1 AND coalesce(r.error, '') NOT LIKE 'again, said %';
$$;

CREATE FUNCTION shop.violations_i8() RETURNS TABLE (what text)
    LANGUAGE sql STABLE SET search_path = pg_catalog, shop, pg_temp AS $$
    SELECT format('I8: charge %s of order %s is %s and has %s refunds', c.payment_id, c.order_id,
                  c.disposition, count(r.id))
    FROM shop.charges c LEFT JOIN shop.refunds r ON r.charge_id = c.id
    GROUP BY c.id
    HAVING count(r.id) <> CASE c.disposition WHEN 'refund_due' THEN 1 ELSE 0 END
    UNION ALL
    SELECT format('I8: charge %s is there %s times', c.payment_id, count(*))
    FROM shop.charges c GROUP BY c.gateway, c.payment_id HAVING count(*) > 1
    UNION ALL
    SELECT format('I8: order %s is %s and %s charges placed it', o.id, o.status, count(c.id))
    FROM shop.orders o
    LEFT JOIN shop.charges c ON c.order_id = o.id AND c.disposition = 'placed'
    GROUP BY o.id
    HAVING count(c.id) <> CASE o.status WHEN 'PAID' THEN 1 ELSE 0 END
    UNION ALL
    SELECT format('I8: attempt %s of order %s is PAID without a charge', a.id, a.order_id)
    FROM shop.attempts a
    WHERE a.state = 'PAID'
      AND NOT EXISTS (SELECT 1 FROM shop.charges c WHERE c.attempt_id = a.id);
$$;

-- Those of events and read models are with their tables; a shop without them has none.
DO $$
DECLARE
    name text;
BEGIN
    FOREACH name IN ARRAY ARRAY['violations_i9', 'violations_i10'] LOOP
        IF to_regprocedure('shop.' || name || '()') IS NULL THEN
            EXECUTE format('CREATE FUNCTION shop.%I() RETURNS TABLE (what text) LANGUAGE sql '
                           'STABLE AS $f$ SELECT NULL::text WHERE false $f$', name);
        END IF;
    END LOOP;
END $$;

CREATE FUNCTION shop.violations() RETURNS TABLE (invariant text, detail text)
    LANGUAGE sql STABLE SET search_path = pg_catalog, shop, pg_temp AS $$
    SELECT split_part(v.what, ': ', 1), substr(v.what, strpos(v.what, ': ') + 2)
    FROM (SELECT what FROM shop.violations_i1() UNION ALL SELECT what FROM shop.violations_i2()
          UNION ALL SELECT what FROM shop.violations_i3()
          UNION ALL SELECT what FROM shop.violations_i4()
          UNION ALL SELECT what FROM shop.violations_i5()
          UNION ALL SELECT what FROM shop.violations_i6()
          UNION ALL SELECT what FROM shop.violations_i7()
          UNION ALL SELECT what FROM shop.violations_i8()
          UNION ALL SELECT what FROM shop.violations_i9()
          UNION ALL SELECT what FROM shop.violations_i10()) v;
$$;

REVOKE EXECUTE ON ALL FUNCTIONS IN SCHEMA shop FROM PUBLIC;
