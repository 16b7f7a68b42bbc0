-- Wishlists, and the read model that the storefront shows: shop.wishlist_view.
--
-- A wish is a variant in a place where it is sold. The read model follows the shop by events of
-- three aggregates: `wishlist` (a wish), `product` (its names) and `offer` (a variant's price and
-- whether there is any of it, in one place). Each has rows of its own with the version that they
-- are as of, so that no event of one can undo another's, in whatever order they come.

--------------------------------------------------------------------------------------------------
-- What the shop itself knows

CREATE TABLE shop.wishes (
    -- The same for the same three, so that a wish that comes back goes on with its versions.
    id               text COLLATE "C" PRIMARY KEY,
    customer_id      text COLLATE "C" NOT NULL REFERENCES shop.customers,
    product_id       text COLLATE "C" NOT NULL REFERENCES shop.products,
    variant_id       text COLLATE "C" NOT NULL REFERENCES shop.variants,
    location_id      text COLLATE "C" NOT NULL REFERENCES shop.locations,
    -- What it cost when it was wished for, so that one can say that it became cheaper.
    price_seen_minor bigint,
    currency         text NOT NULL,
    -- Tell the customer when there is some again.
    wants_back       boolean NOT NULL DEFAULT false,
    added_at         timestamptz NOT NULL DEFAULT now(),
    UNIQUE (customer_id, variant_id, location_id)
);
CREATE INDEX wishes_wanting ON shop.wishes (variant_id, location_id) WHERE wants_back;

CREATE FUNCTION shop.wish_id(customer_id text, variant_id text, location_id text) RETURNS text
    LANGUAGE sql IMMUTABLE PARALLEL SAFE SET search_path = pg_catalog, pg_temp AS $$
    SELECT left(encode(sha256(convert_to(json_build_array($1, $2, $3)::text, 'UTF8')), 'hex'), 32)
$$;

-- Two keys to one text; a location's id has no '/'.
CREATE FUNCTION shop.offer_id(variant_id text, location_id text) RETURNS text
    LANGUAGE sql IMMUTABLE PARALLEL SAFE AS $$ SELECT $2 || '/' || $1 $$;

-- All three events carry the whole state: whoever has the newest needs no other.
CREATE FUNCTION shop.emit_wish(wish shop.wishes, event text) RETURNS bigint
    LANGUAGE sql SET search_path = pg_catalog, shop, pg_temp AS $$
    SELECT shop.emit('wishlist', $1.id, $2, to_jsonb($1),
                     ARRAY['customer:' || left($1.customer_id, 100)])
$$;

-- Wishes for it, or changes what was wished; the wish's id. `wants_back` counts while there is none.
CREATE FUNCTION shop.wish_add(customer_id text, variant_id text, location_id text,
                              wants_back boolean DEFAULT false) RETURNS text
    LANGUAGE plpgsql SET search_path = pg_catalog, shop, pg_temp AS $$
#variable_conflict use_variable
DECLARE
    wish  shop.wishes;
    before shop.wishes;
BEGIN
    SELECT shop.wish_id(customer_id, v.variant_id, l.id), customer_id, v.product_id, v.variant_id,
           l.id, p.amount_minor, l.currency,
           coalesce(wants_back, false) AND coalesce(s.available, 0) = 0, now()
    INTO wish
    FROM (SELECT x.id AS variant_id, x.product_id FROM shop.variants x WHERE x.id = variant_id) v
    CROSS JOIN (SELECT x.id, x.currency FROM shop.locations x WHERE x.id = location_id) l
    LEFT JOIN shop.prices p ON p.variant_id = v.variant_id AND p.location_id = l.id
    LEFT JOIN shop.stock s ON s.variant_id = v.variant_id AND s.location_id = l.id;
    IF wish.id IS NULL THEN
        RAISE EXCEPTION 'shop.wish_add: there is no variant % in %', quote_nullable(variant_id),
            quote_nullable(location_id) USING ERRCODE = '22023';
    END IF;
    INSERT INTO shop.wishes VALUES (wish.*) ON CONFLICT DO NOTHING;
    IF FOUND THEN
        PERFORM shop.emit_wish(wish, 'wishlist.added');
        RETURN wish.id;
    END IF;
    SELECT w.* INTO before FROM shop.wishes w WHERE w.id = wish.id FOR UPDATE;
    IF before.id IS NULL THEN
        -- It was removed at this moment.
        RETURN shop.wish_add(customer_id, variant_id, location_id, wants_back);
    END IF;
    wish.added_at := before.added_at;
    IF wish IS DISTINCT FROM before THEN
        UPDATE shop.wishes w SET price_seen_minor = wish.price_seen_minor,
            currency = wish.currency, wants_back = wish.wants_back WHERE w.id = wish.id;
        PERFORM shop.emit_wish(wish, 'wishlist.changed');
    END IF;
    RETURN wish.id;
END $$;

CREATE FUNCTION shop.wish_remove(customer_id text, variant_id text, location_id text)
    RETURNS boolean
    LANGUAGE plpgsql SET search_path = pg_catalog, shop, pg_temp AS $$
#variable_conflict use_variable
DECLARE
    wish shop.wishes;
BEGIN
    DELETE FROM shop.wishes w WHERE w.id = shop.wish_id(customer_id, variant_id, location_id)
    RETURNING w.* INTO wish;
    IF wish.id IS NULL THEN RETURN false; END IF;
    PERFORM shop.emit_wish(wish, 'wishlist.removed');
    RETURN true;
END $$;

-- Tells those who asked for it that there is some again, each once: at most `limit` of them, how
-- many. For a schedule: `barid functions allow shop.back_in_stock`, then the kind sql.call.
CREATE FUNCTION shop.back_in_stock(arguments jsonb DEFAULT '{}') RETURNS jsonb
    LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, shop, pg_temp AS $$
DECLARE
    wish shop.wishes;
    many int := 0;
BEGIN
    FOR wish IN
        SELECT w.* FROM shop.wishes w JOIN shop.stock s USING (variant_id, location_id)
        WHERE w.wants_back AND s.available > 0
        ORDER BY w.id LIMIT least(1000, greatest(1, coalesce((arguments->>'limit')::int, 200)))
        FOR UPDATE OF w SKIP LOCKED
    LOOP
        UPDATE shop.wishes w SET wants_back = false WHERE w.id = wish.id RETURNING w.* INTO wish;
        PERFORM barid.order_notice(
            wish.customer_id COLLATE "default", 'back_in_stock', NULL,
            (SELECT jsonb_build_object('product_en', p.name_en, 'product_ar', p.name_ar)
             FROM shop.products p WHERE p.id = wish.product_id),
            'back_in_stock:' || wish.id || ':' || shop.emit_wish(wish, 'wishlist.changed'));
        many := many + 1;
    END LOOP;
    RETURN jsonb_build_object('told', many);
END $$;

--------------------------------------------------------------------------------------------------
-- What else the read model shows. Events are written when the transaction ends, after all of its
-- locks.

CREATE OR REPLACE FUNCTION shop.outbox_stream_of(aggregate_type text) RETURNS text
    LANGUAGE sql IMMUTABLE STRICT PARALLEL SAFE
    RETURN CASE aggregate_type WHEN 'order' THEN 'orders' WHEN 'offer' THEN 'product'
                ELSE aggregate_type END;

CREATE FUNCTION shop.product_changed() RETURNS trigger
    LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, shop, pg_temp AS $$
DECLARE
    product shop.products;
    product_id text := CASE WHEN TG_OP = 'DELETE' THEN OLD.id ELSE NEW.id END;
BEGIN
    SELECT p.* INTO product FROM shop.products p WHERE p.id = product_id;
    PERFORM shop.emit('product', product_id,
        CASE WHEN product.id IS NULL THEN 'product.removed' ELSE 'product.changed' END,
        jsonb_build_object('id', product_id, 'name_en', product.name_en,
                           'name_ar', product.name_ar));
    RETURN NULL;
END $$;
CREATE CONSTRAINT TRIGGER tell_added AFTER INSERT OR DELETE ON shop.products
    DEFERRABLE INITIALLY DEFERRED FOR EACH ROW EXECUTE FUNCTION shop.product_changed();
CREATE CONSTRAINT TRIGGER tell_changed AFTER UPDATE ON shop.products
    DEFERRABLE INITIALLY DEFERRED FOR EACH ROW
    WHEN ((OLD.name_en, OLD.name_ar) IS DISTINCT FROM (NEW.name_en, NEW.name_ar))
    EXECUTE FUNCTION shop.product_changed();

-- What a variant costs and whether there is any, in one place; no row where it isn't sold.
CREATE VIEW shop.offers AS
SELECT shop.offer_id(variant_id, location_id) AS id, variant_id, location_id,
       p.amount_minor AS price_minor, coalesce(s.available > 0, false) AS in_stock
FROM shop.prices p FULL JOIN shop.stock s USING (variant_id, location_id);

-- A seller changes prices in any order, and orders change stock in theirs. So that neither waits for
-- the other in a circle, what a transaction touches is only noted, and its events are written all
-- at once, by the offer's id, when it ends.
CREATE TABLE shop.offers_touched (
    xact        xid8 NOT NULL DEFAULT pg_current_xact_id(),
    location_id text COLLATE "C" NOT NULL,
    variant_id  text COLLATE "C" NOT NULL,
    is_first    boolean NOT NULL,
    PRIMARY KEY (xact, location_id, variant_id)
);

CREATE FUNCTION shop.touch_offer() RETURNS trigger
    LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, shop, pg_temp AS $$
BEGIN
    INSERT INTO shop.offers_touched (location_id, variant_id, is_first)
    SELECT CASE WHEN TG_OP = 'DELETE' THEN OLD.location_id ELSE NEW.location_id END,
           CASE WHEN TG_OP = 'DELETE' THEN OLD.variant_id ELSE NEW.variant_id END,
           NOT EXISTS (SELECT 1 FROM shop.offers_touched t WHERE t.xact = pg_current_xact_id())
    ON CONFLICT DO NOTHING;
    RETURN NULL;
END $$;
CREATE TRIGGER tell_added AFTER INSERT OR DELETE ON shop.stock
    FOR EACH ROW EXECUTE FUNCTION shop.touch_offer();
CREATE TRIGGER tell_changed AFTER UPDATE ON shop.stock FOR EACH ROW
    WHEN ((OLD.available > 0) <> (NEW.available > 0)) EXECUTE FUNCTION shop.touch_offer();
CREATE TRIGGER tell_added AFTER INSERT OR DELETE ON shop.prices
    FOR EACH ROW EXECUTE FUNCTION shop.touch_offer();
CREATE TRIGGER tell_changed AFTER UPDATE ON shop.prices FOR EACH ROW
    WHEN (OLD.amount_minor <> NEW.amount_minor) EXECUTE FUNCTION shop.touch_offer();

CREATE FUNCTION shop.tell_offer(variant text, location text) RETURNS bigint
    LANGUAGE plpgsql SET search_path = pg_catalog, shop, pg_temp AS $$
DECLARE
    price bigint;
    stock bigint;
BEGIN
    -- Other transactions may be changing the other half of it: the event must say what is there
    -- when it is its turn, so its turn is taken first.
    INSERT INTO shop.outbox_aggregate (aggregate_type, aggregate_id, last_version)
    VALUES ('offer', shop.offer_id(variant, location), 0) ON CONFLICT DO NOTHING;
    PERFORM FROM shop.outbox_aggregate a
    WHERE a.aggregate_type = 'offer' AND a.aggregate_id = shop.offer_id(variant, location)
    FOR UPDATE;
    SELECT p.amount_minor INTO price FROM shop.prices p
    WHERE p.variant_id = variant AND p.location_id = location;
    SELECT s.available INTO stock FROM shop.stock s
    WHERE s.variant_id = variant AND s.location_id = location;
    RETURN shop.emit('offer', shop.offer_id(variant, location),
        CASE WHEN price IS NULL AND stock IS NULL THEN 'offer.removed' ELSE 'offer.changed' END,
        jsonb_build_object('variant_id', variant, 'location_id', location, 'price_minor', price,
                           'in_stock', coalesce(stock > 0, false)));
END $$;

CREATE FUNCTION shop.offers_changed() RETURNS trigger
    LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, shop, pg_temp AS $$
DECLARE
    touched record;
BEGIN
    FOR touched IN
        WITH gone AS (
            DELETE FROM shop.offers_touched t WHERE t.xact = pg_current_xact_id()
            RETURNING t.location_id, t.variant_id)
        SELECT * FROM gone ORDER BY shop.offer_id(gone.variant_id, gone.location_id) COLLATE "C"
    LOOP
        PERFORM shop.tell_offer(touched.variant_id, touched.location_id);
    END LOOP;
    RETURN NULL;
END $$;
CREATE CONSTRAINT TRIGGER tell AFTER INSERT ON shop.offers_touched
    DEFERRABLE INITIALLY DEFERRED FOR EACH ROW WHEN (NEW.is_first)
    EXECUTE FUNCTION shop.offers_changed();

--------------------------------------------------------------------------------------------------
-- The projection "wishlist": docs/commerce.md. Each version has three tables, with the aggregate's
-- id, the version that the row is as of, and whether it is a tombstone.

CREATE TABLE shop.wishlist_version (
    one     boolean PRIMARY KEY DEFAULT true CHECK (one),
    version int NOT NULL  -- the one that readers see
);

CREATE FUNCTION shop.check_projection(projection text) RETURNS void
    LANGUAGE plpgsql IMMUTABLE SET search_path = pg_catalog, pg_temp AS $$
BEGIN
    IF projection IS DISTINCT FROM 'wishlist' THEN
        RAISE EXCEPTION 'this shop has no projection %', quote_nullable(projection)
            USING ERRCODE = '22023', HINT = 'It has "wishlist".';
    END IF;
END $$;

CREATE FUNCTION shop.wishlist_query(version int) RETURNS text
    LANGUAGE sql IMMUTABLE SET search_path = pg_catalog, pg_temp AS $$
    SELECT format(
        'SELECT w.id, w.customer_id, w.product_id, w.variant_id, w.location_id, p.name_en, '
        'p.name_ar, o.price_minor, w.price_seen_minor, w.currency, '
        'coalesce(o.in_stock, false) AS in_stock, w.wants_back, w.added_at '
        'FROM shop.wishlist_items_v%1$s w '
        'LEFT JOIN shop.wishlist_products_v%1$s p ON p.id = w.product_id AND NOT p.deleted '
        'LEFT JOIN shop.wishlist_offers_v%1$s o '
        'ON o.id = w.location_id || ''/'' || w.variant_id AND NOT o.deleted '
        'WHERE NOT w.deleted', version)
$$;

CREATE FUNCTION barid_shop.projection_begin(projection text, version int) RETURNS text
    LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, shop, pg_temp AS $$
BEGIN
    PERFORM shop.check_projection(projection);
    IF to_regclass(format('shop.wishlist_items_v%s', version)) IS NOT NULL THEN
        RETURN 'EXISTS';
    END IF;
    EXECUTE format('CREATE TABLE shop.wishlist_items_v%s (
        id text COLLATE "C" PRIMARY KEY, version bigint NOT NULL, deleted boolean NOT NULL,
        customer_id text COLLATE "C", product_id text COLLATE "C", variant_id text COLLATE "C",
        location_id text COLLATE "C", price_seen_minor bigint, currency text, wants_back boolean,
        added_at timestamptz,
        CHECK (deleted OR (customer_id IS NOT NULL AND product_id IS NOT NULL
            AND variant_id IS NOT NULL AND location_id IS NOT NULL AND currency IS NOT NULL
            AND wants_back IS NOT NULL AND added_at IS NOT NULL)))', version);
    EXECUTE format('CREATE INDEX ON shop.wishlist_items_v%s (customer_id) WHERE NOT deleted',
                   version);
    EXECUTE format('CREATE TABLE shop.wishlist_products_v%s (
        id text COLLATE "C" PRIMARY KEY, version bigint NOT NULL, deleted boolean NOT NULL,
        name_en text, name_ar text,
        CHECK (deleted OR (name_en IS NOT NULL AND name_ar IS NOT NULL)))', version);
    EXECUTE format('CREATE TABLE shop.wishlist_offers_v%s (
        id text COLLATE "C" PRIMARY KEY, version bigint NOT NULL, deleted boolean NOT NULL,
        price_minor bigint, in_stock boolean,
        CHECK (deleted OR in_stock IS NOT NULL))', version);
    RETURN 'STARTED';
END $$;

-- One statement a page: rows and the versions that they are as of come from one snapshot. What
-- the shop has no row of any more becomes a tombstone, so that its old events stay without effect.
-- The key is the kind's letter and an id; kinds follow each other by letter.
CREATE FUNCTION barid_shop.projection_backfill(projection text, version int, after text, max_rows int,
                                               OUT next text, OUT done bigint)
    RETURNS SETOF record
    LANGUAGE plpgsql SECURITY DEFINER ROWS 1 SET search_path = pg_catalog, shop, pg_temp AS $$
DECLARE
    kind  text := coalesce(nullif(left(after, 1), ''), 'o');
    place text := coalesce(substr(after, 3), '');
    base  text;
    cols  text;
    aggregate text;
    suffix text;
    last  text;
BEGIN
    PERFORM shop.check_projection(projection);
    CASE kind
    WHEN 'o' THEN
        suffix := 'offers'; aggregate := 'offer'; cols := 'price_minor, in_stock';
        base := 'shop.offers';
    WHEN 'p' THEN
        suffix := 'products'; aggregate := 'product'; cols := 'name_en, name_ar';
        base := 'shop.products';
    WHEN 'w' THEN
        suffix := 'items'; aggregate := 'wishlist'; base := 'shop.wishes';
        cols := 'customer_id, product_id, variant_id, location_id, price_seen_minor, currency, '
                'wants_back, added_at';
    ELSE
        RAISE EXCEPTION 'projection_backfill: % is no key of this projection', quote_literal(after)
            USING ERRCODE = '22023';
    END CASE;
    EXECUTE format(
        'WITH page AS MATERIALIZED (
             SELECT k.id FROM (
                 (SELECT b.id FROM %1$s b WHERE b.id > $1 ORDER BY b.id LIMIT $2)
                 UNION
                 (SELECT a.aggregate_id FROM shop.outbox_aggregate a
                  WHERE a.aggregate_type = %2$L AND a.aggregate_id > $1
                  ORDER BY a.aggregate_id LIMIT $2)) k
             ORDER BY k.id LIMIT $2),
         filled AS (
             INSERT INTO shop.wishlist_%3$s_v%4$s AS t (id, version, deleted, %5$s)
             SELECT page.id, coalesce(a.last_version, 0), b.id IS NULL, %6$s
             FROM page
             LEFT JOIN %1$s b ON b.id = page.id
             LEFT JOIN shop.outbox_aggregate a
                 ON a.aggregate_type = %2$L AND a.aggregate_id = page.id
             ORDER BY page.id
             ON CONFLICT (id) DO UPDATE SET version = excluded.version,
                 deleted = excluded.deleted, %7$s
             WHERE t.version < excluded.version)
         SELECT count(*), max(page.id) FROM page',
        base, aggregate, suffix, version, cols,
        (SELECT string_agg('b.' || trim(c), ', ') FROM unnest(string_to_array(cols, ',')) c),
        (SELECT string_agg(format('%1$s = excluded.%1$s', trim(c)), ', ')
         FROM unnest(string_to_array(cols, ',')) c))
    INTO done, last USING place, max_rows;
    next := CASE WHEN done >= max_rows THEN kind || ':' || last
                 WHEN kind = 'o' THEN 'p:'
                 WHEN kind = 'p' THEN 'w:' END;
    RETURN NEXT;
END $$;

CREATE FUNCTION barid_shop.projection_apply(projection text, version int, event_id text,
        aggregate_type text, aggregate_id text, aggregate_version bigint, event_type text,
        payload jsonb) RETURNS text
    LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, shop, pg_temp AS $$
DECLARE
    gone boolean := event_type LIKE '%.removed';
    many int;
BEGIN
    PERFORM shop.check_projection(projection);
    CASE event_type
    WHEN 'wishlist.added', 'wishlist.changed', 'wishlist.removed' THEN
        EXECUTE format(
            'INSERT INTO shop.wishlist_items_v%s AS t (id, version, deleted, customer_id,
                 product_id, variant_id, location_id, price_seen_minor, currency, wants_back,
                 added_at)
             VALUES ($1, $2, $3, $4->>''customer_id'', $4->>''product_id'', $4->>''variant_id'',
                 $4->>''location_id'', ($4->>''price_seen_minor'')::bigint, $4->>''currency'',
                 ($4->>''wants_back'')::boolean, ($4->>''added_at'')::timestamptz)
             ON CONFLICT (id) DO UPDATE SET version = excluded.version,
                 deleted = excluded.deleted, customer_id = excluded.customer_id,
                 product_id = excluded.product_id, variant_id = excluded.variant_id,
                 location_id = excluded.location_id,
                 price_seen_minor = excluded.price_seen_minor, currency = excluded.currency,
                 wants_back = excluded.wants_back, added_at = excluded.added_at
             WHERE t.version < excluded.version', version)
        USING aggregate_id, aggregate_version, gone, payload;
    WHEN 'product.changed', 'product.removed' THEN
        EXECUTE format(
            'INSERT INTO shop.wishlist_products_v%s AS t (id, version, deleted, name_en, name_ar)
             VALUES ($1, $2, $3, $4->>''name_en'', $4->>''name_ar'')
             ON CONFLICT (id) DO UPDATE SET version = excluded.version,
                 deleted = excluded.deleted, name_en = excluded.name_en,
                 name_ar = excluded.name_ar
             WHERE t.version < excluded.version', version)
        USING aggregate_id, aggregate_version, gone, payload;
    WHEN 'offer.changed', 'offer.removed' THEN
        EXECUTE format(
            'INSERT INTO shop.wishlist_offers_v%s AS t (id, version, deleted, price_minor, in_stock)
             VALUES ($1, $2, $3, ($4->>''price_minor'')::bigint, ($4->>''in_stock'')::boolean)
             ON CONFLICT (id) DO UPDATE SET version = excluded.version,
                 deleted = excluded.deleted, price_minor = excluded.price_minor,
                 in_stock = excluded.in_stock
             WHERE t.version < excluded.version', version)
        USING aggregate_id, aggregate_version, gone, payload;
    ELSE
        RETURN 'IGNORED';
    END CASE;
    GET DIAGNOSTICS many = ROW_COUNT;
    RETURN CASE many WHEN 0 THEN 'STALE' ELSE 'APPLIED' END;
END $$;

-- Rows as readers see them; the hash has the products and offers that nobody wishes for yet, too.
-- A sum doesn't depend on an order, so that nothing has to be sorted.
CREATE FUNCTION barid_shop.projection_verify(projection text, version int,
                                             OUT rows bigint, OUT hash text)
    RETURNS SETOF record
    LANGUAGE plpgsql STABLE SECURITY DEFINER ROWS 1
    SET search_path = pg_catalog, shop, pg_temp SET timezone = 'UTC' SET datestyle = 'ISO' AS $$
DECLARE
    rest numeric;
    seen numeric;
BEGIN
    PERFORM shop.check_projection(projection);
    EXECUTE format('SELECT count(*), coalesce(sum(hashtextextended(v::text, 0)), 0) FROM (%s) v',
                   shop.wishlist_query(version)) INTO rows, seen;
    EXECUTE format(
        'SELECT (SELECT coalesce(sum(hashtextextended((p.id, p.name_en, p.name_ar)::text, 1)), 0)
                 FROM shop.wishlist_products_v%1$s p WHERE NOT p.deleted)
              + (SELECT coalesce(sum(hashtextextended(
                                         (o.id, o.price_minor, o.in_stock)::text, 2)), 0)
                 FROM shop.wishlist_offers_v%1$s o WHERE NOT o.deleted)', version) INTO rest;
    hash := md5(seen || '/' || rest);
    RETURN NEXT;
END $$;

-- Readers of the view get the other tables from one statement to the next. Replacing it waits for
-- those who are reading it, for as long as the caller's lock_timeout allows.
CREATE FUNCTION barid_shop.projection_swap(projection text, old int, new int) RETURNS text
    LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, shop, pg_temp AS $$
DECLARE
    seen int;
BEGIN
    PERFORM shop.check_projection(projection);
    SELECT v.version INTO seen FROM shop.wishlist_version v FOR UPDATE;
    IF seen = new THEN RETURN 'SWAPPED'; END IF;
    IF seen IS DISTINCT FROM old
        OR to_regclass(format('shop.wishlist_items_v%s', new)) IS NULL THEN
        RETURN 'NOT_READY';
    END IF;
    EXECUTE 'CREATE OR REPLACE VIEW shop.wishlist_view AS ' || shop.wishlist_query(new);
    UPDATE shop.wishlist_version SET version = new;
    RETURN 'SWAPPED';
END $$;

CREATE FUNCTION barid_shop.projection_drop(projection text, version int) RETURNS text
    LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, shop, pg_temp AS $$
BEGIN
    PERFORM shop.check_projection(projection);
    IF EXISTS (SELECT FROM shop.wishlist_version v WHERE v.version = $2) THEN
        RAISE EXCEPTION 'version % of % is the one that is read', version, projection
            USING ERRCODE = '55000';
    END IF;
    IF to_regclass(format('shop.wishlist_items_v%s', version)) IS NULL THEN
        RETURN 'MISSING';
    END IF;
    EXECUTE format('DROP TABLE shop.wishlist_items_v%1$s, shop.wishlist_products_v%1$s, '
                   'shop.wishlist_offers_v%1$s', version);
    RETURN 'DROPPED';
END $$;

-- The first version, of what is in the shop already.
DO $$
DECLARE
    place text := '';
BEGIN
    PERFORM barid_shop.projection_begin('wishlist', 1);
    WHILE place IS NOT NULL LOOP
        SELECT b.next INTO place FROM barid_shop.projection_backfill('wishlist', 1, place, 10000) b;
    END LOOP;
    INSERT INTO shop.wishlist_version (version) VALUES (1);
    EXECUTE 'CREATE VIEW shop.wishlist_view AS ' || shop.wishlist_query(1);
END $$;

--------------------------------------------------------------------------------------------------
-- I10: the read model is what the shop's tables say, but for what an event is still on its way
-- about; and so is the version kept for going back to. A row each violation.
CREATE VIEW shop.wishlist_truth AS
SELECT w.id, w.customer_id, w.product_id, w.variant_id, w.location_id, p.name_en, p.name_ar,
       o.price_minor, w.price_seen_minor, w.currency, coalesce(o.in_stock, false) AS in_stock,
       w.wants_back, w.added_at
FROM shop.wishes w
LEFT JOIN shop.products p ON p.id = w.product_id
LEFT JOIN shop.offers o ON o.variant_id = w.variant_id AND o.location_id = w.location_id;

CREATE FUNCTION shop.violations_i10() RETURNS TABLE (what text)
    LANGUAGE plpgsql STABLE SET search_path = pg_catalog, shop, pg_temp AS $$
DECLARE
    live text;
    kept text;
BEGIN
    RETURN QUERY
    SELECT format('I10: wish %s: readers see %s, it is %s', coalesce(seen.id, truth.id),
                  coalesce(seen::text, 'nothing'), coalesce(truth::text, 'gone'))
    FROM shop.wishlist_view seen FULL JOIN shop.wishlist_truth truth ON seen.id = truth.id
    WHERE seen::text IS DISTINCT FROM truth::text
        AND NOT EXISTS (
            SELECT FROM shop.outbox o
            WHERE (o.aggregate_type, o.aggregate_id) IN (
                ('wishlist', coalesce(seen.id, truth.id)),
                ('product', coalesce(seen.product_id, truth.product_id)),
                ('offer', shop.offer_id(coalesce(seen.variant_id, truth.variant_id),
                                        coalesce(seen.location_id, truth.location_id)))));
    live := (SELECT (x.rows, x.hash)::text FROM shop.wishlist_version w,
             LATERAL barid_shop.projection_verify('wishlist', w.version) x);
    kept := (SELECT (x.rows, x.hash)::text FROM barid.projection p,
             LATERAL barid_shop.projection_verify('wishlist', p.kept_version) x
             WHERE p.name = 'wishlist' AND p.kept_version IS NOT NULL AND p.kept_problem IS NULL
                 AND NOT p.differs);
    IF kept <> live THEN
        what := format('I10: the kept version has %s, readers see %s', kept, live);
        RETURN NEXT;
    END IF;
END $$;

REVOKE EXECUTE ON ALL FUNCTIONS IN SCHEMA barid_shop FROM PUBLIC;
GRANT EXECUTE ON ALL FUNCTIONS IN SCHEMA barid_shop TO barid_commerce;
