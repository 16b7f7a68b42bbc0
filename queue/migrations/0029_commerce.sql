-- What the jobs about a shop's money, stock and events share: the role that they have in the shop's
-- schema, the notices to its customers, and their schedules. Contract: docs/commerce.md.

DO $$
BEGIN
    BEGIN
        CREATE ROLE barid_commerce NOLOGIN;
    EXCEPTION WHEN duplicate_object OR unique_violation THEN
        NULL;  -- roles belong to the whole cluster
    END;
    BEGIN
        GRANT barid_commerce TO barid_worker;
    EXCEPTION WHEN unique_violation THEN
        NULL;  -- another database's migration did so at this moment
    END;
    IF NOT (SELECT r.rolsuper FROM pg_roles r WHERE r.rolname = current_user) THEN
        EXECUTE format('GRANT barid_commerce TO %I', current_user);
    END IF;
END $$;

-- How many decimals a currency has (ISO 4217); the others have two.
CREATE FUNCTION barid.currency_exponent(currency text) RETURNS int
    LANGUAGE sql IMMUTABLE PARALLEL SAFE STRICT SET search_path = pg_catalog, pg_temp AS $$
    SELECT CASE
        WHEN currency IN ('BHD', 'IQD', 'JOD', 'KWD', 'LYD', 'OMR', 'TND') THEN 3
        WHEN currency IN ('BIF', 'CLP', 'DJF', 'GNF', 'ISK', 'JPY', 'KMF', 'KRW', 'PYG', 'RWF',
                          'UGX', 'VND', 'VUV', 'XAF', 'XOF', 'XPF') THEN 0
        ELSE 2 END
$$;

-- What templates take for a variable of type money: 1500 KWD is {"amount": "1.500", …}.
CREATE FUNCTION barid.money(amount_minor bigint, currency text) RETURNS jsonb
    LANGUAGE sql IMMUTABLE PARALLEL SAFE STRICT SET search_path = pg_catalog, barid, pg_temp AS $$
    SELECT jsonb_build_object(
        'amount', CASE barid.currency_exponent(currency)
                  WHEN 0 THEN amount_minor::text
                  WHEN 3 THEN (amount_minor / 1000::numeric)::numeric(30, 3)::text
                  ELSE (amount_minor / 100::numeric)::numeric(30, 2)::text END,
        'currency', currency)
$$;

-- Tells a customer what became of an order. Raises what barid.notify raises.
CREATE FUNCTION barid.send_order_notice(user_id text, notice text, order_id text, vars jsonb,
                                        dedupe text) RETURNS uuid
    LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, barid, pg_temp AS $$
#variable_conflict use_variable
BEGIN
    RETURN barid.notify(
        user_id, 'orders',
        template => CASE notice WHEN 'back_in_stock' THEN notice ELSE 'order_' || notice END,
        vars => vars,
        data => jsonb_strip_nulls(jsonb_build_object('type', notice, 'order', order_id)),
        dedupe_key => dedupe,
        tags => CASE WHEN order_id IS NULL THEN NULL ELSE ARRAY['order:' || order_id] END);
END $$;

-- The same for the shop's functions, in their transactions: `notice` is paid, cancelled, refunded or
-- back_in_stock. Once for each `dedupe`, which is the order and the notice unless it is given.
-- Nobody is told when `user_id` is NULL. A template that an admin broke must not keep an order from
-- being paid: what can't be sent becomes a job `order.notice`, which fails where people look.
CREATE FUNCTION barid.order_notice(user_id text, notice text, order_id text,
                                   vars jsonb DEFAULT '{}', dedupe text DEFAULT NULL) RETURNS uuid
    LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, barid, pg_temp AS $$
#variable_conflict use_variable
DECLARE
    about text := coalesce(dedupe, 'order:' || order_id || ':' || notice);
    given jsonb;
BEGIN
    IF user_id IS NULL THEN RETURN NULL; END IF;
    IF notice IS NULL OR notice NOT IN ('paid', 'cancelled', 'refunded', 'back_in_stock') THEN
        RAISE EXCEPTION 'a notice is paid, cancelled, refunded or back_in_stock, not %',
            quote_nullable(left(notice, 40)) USING ERRCODE = '22023';
    END IF;
    IF about IS NULL THEN
        RAISE EXCEPTION 'a notice without an order needs dedupe'
            USING ERRCODE = '22023', HINT = 'such as ''stock:'' || variant || '':'' || restock';
    END IF;
    given := CASE WHEN order_id IS NULL THEN '{}'::jsonb
                  ELSE jsonb_build_object('order', order_id) END || coalesce(vars, '{}');
    BEGIN
        RETURN barid.send_order_notice(user_id, notice, order_id, given, about);
    EXCEPTION WHEN OTHERS THEN
        -- What can pass (deadlocks, timeouts, a server that stops) is the caller's to try again.
        IF left(SQLSTATE, 2) IN ('08', '25', '40', '53', '55', '57', '58') THEN RAISE; END IF;
        PERFORM barid.enqueue('order.notice',
            jsonb_strip_nulls(jsonb_build_object('user', user_id, 'notice', notice,
                                                 'order', order_id, 'dedupe', about))
                || jsonb_build_object('vars', given),
            tags => CASE WHEN order_id IS NULL THEN NULL ELSE ARRAY['order:' || order_id] END);
        RETURN NULL;
    END;
END $$;

-- Adds the category and the templates of order_notice, unless the shop has its own of these names.
CREATE FUNCTION barid.install_order_notices() RETURNS void
    LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, barid, pg_temp AS $$
DECLARE
    t record;
BEGIN
    IF NOT EXISTS (SELECT FROM barid.category c WHERE c.key = 'orders') THEN
        PERFORM barid.upsert_category('orders', description => 'What became of an order');
    END IF;
    FOR t IN SELECT * FROM (VALUES
        ('order_paid',
         '{"en": {"title": "Thank you! Order {order} is paid",
                  "body": "We received {total} and are preparing your order."},
           "ar": {"title": "شكرًا لك! تم دفع الطلب {order}",
                  "body": "استلمنا {total}، ونحن نجهّز طلبك الآن."}}'::jsonb,
         '{"order": {"type": "string", "max_length": 128, "sample": "A-1042"},
           "total": {"type": "money"}}'::jsonb),
        ('order_cancelled',
         '{"en": {"title": "Order {order} was cancelled",
                  "body": "{reason, select, expired {We did not receive the payment in time.} other {The order was cancelled.}} If you paid after all, you get your order or your money back."},
           "ar": {"title": "أُلغي الطلب {order}",
                  "body": "{reason, select, expired {لم نستلم الدفعة في الوقت المحدد.} other {تم إلغاء الطلب.}} إذا كنت قد دفعت بالفعل فسيصلك طلبك أو يُعاد إليك المبلغ."}}',
         '{"order": {"type": "string", "max_length": 128, "sample": "A-1042"},
           "reason": {"type": "string", "required": false, "sample": "expired"}}'),
        ('order_refunded',
         '{"en": {"title": "Refund for order {order}",
                  "body": "We have returned {total} to you. Your bank may need some days to show it."},
           "ar": {"title": "استرداد مبلغ الطلب {order}",
                  "body": "أعدنا إليك {total}. قد يحتاج البنك إلى بضعة أيام ليظهر المبلغ في حسابك."}}',
         '{"order": {"type": "string", "max_length": 128, "sample": "A-1042"},
           "total": {"type": "money"}}'),
        ('back_in_stock',
         '{"en": {"title": "{product_en} is back", "body": "It is in stock again, as you wished."},
           "ar": {"title": "عاد {product_ar} من جديد", "body": "أصبح متوفرًا مرة أخرى كما تمنيت."}}',
         '{"product_en": {"type": "string", "max_length": 200, "sample": "Rose gift box"},
           "product_ar": {"type": "string", "max_length": 200, "sample": "صندوق هدايا الورد"}}'))
        AS v(key, texts, variables)
    LOOP
        IF NOT EXISTS (SELECT FROM barid.template k WHERE k.key = t.key) THEN
            PERFORM barid.upsert_template(t.key, t.texts, t.variables);
        END IF;
    END LOOP;
END $$;

-- The schedules of a shop's jobs: of payments and orders, and of each stream of the outbox. May be
-- called again at each start; a schedule that an admin paused stays paused.
CREATE FUNCTION barid.install_shop(payments boolean DEFAULT true, streams text[] DEFAULT '{}',
                                   queue text DEFAULT 'default') RETURNS int
    LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, barid, pg_temp AS $$
#variable_conflict use_variable
DECLARE
    s    record;
    made int := 0;
BEGIN
    IF array_position(streams, NULL) IS NOT NULL
       OR EXISTS (SELECT FROM unnest(streams) n WHERE n !~ '^[a-z][a-z0-9_]{0,39}$') THEN
        RAISE EXCEPTION 'a stream has no name of 1 to 40 of a-z, 0-9 and _'
            USING ERRCODE = '22023', HINT = 'streams are named in [outbox.NAME]';
    END IF;
    PERFORM barid.install_order_notices();
    FOR s IN
        SELECT v.name, v.cron, v.kind, '{}'::jsonb AS payload, v.kind AS key
        FROM (VALUES ('payment-reconcile', '*/2 * * * *', 'payment.reconcile'),
                     ('payment-refund', '*/5 * * * *', 'payment.refund'),
                     ('order-expire', '* * * * *', 'order.expire')) AS v(name, cron, kind)
        WHERE payments
        UNION ALL
        SELECT 'outbox-relay-' || n, '* * * * *', 'outbox.relay',
               jsonb_build_object('stream', n), 'outbox.relay:' || n
        FROM unnest(streams) n
    LOOP
        PERFORM barid.schedule(s.name, s.cron, s.kind, s.payload, queue => queue,
                               missed => 'once', unique_key => s.key);
        made := made + 1;
    END LOOP;
    RETURN made;
END $$;

GRANT EXECUTE ON FUNCTION barid.currency_exponent(text), barid.money(bigint, text)
    TO barid_producer, barid_worker, barid_operator, barid_readonly;
GRANT EXECUTE ON FUNCTION barid.order_notice(text, text, text, jsonb, text) TO barid_producer;
GRANT EXECUTE ON FUNCTION barid.send_order_notice(text, text, text, jsonb, text) TO barid_worker;
GRANT EXECUTE ON FUNCTION barid.install_order_notices(), barid.install_shop(boolean, text[], text)
    TO barid_operator;

-- The built-in roles see and look after the shop's jobs.
UPDATE barid.admin_role r
SET permissions = r.permissions
    || jsonb_build_array(jsonb_build_object('permission', 'commerce.view', 'limited_to', NULL))
    || CASE WHEN r.name = 'operator'
            THEN jsonb_build_array(jsonb_build_object('permission', 'commerce.manage',
                                                      'limited_to', NULL))
            ELSE '[]' END
WHERE r.built_in AND r.name IN ('viewer', 'support', 'operator')
  AND NOT r.permissions @> '[{"permission": "commerce.view"}]';
