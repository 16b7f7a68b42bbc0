-- Pictures: what is kept of a source, how sets are replaced, deleted and collected.
--
-- A thing of the shop ("product:42") shows pictures in slots: any number in the slot '' (as before),
-- exactly one in each named slot ("main", "gallery-2"). A new picture of a slot takes the place of
-- the old one in the transaction that completes its set. A set that nothing shows any more is
-- collected after a grace.
--
-- barid.media_garbage lists every file that is to go. A file that is about to be uploaded is listed
-- first, due in an hour, and leaves the list in the transaction that publishes it: what a crash
-- leaves behind is garbage without anybody having to find it. A name stays on the list for a day
-- after its file is gone, and no new file gets a name that is on it (it becomes 640.g2.webp): a
-- sweeper that wakes up late can't remove what was made since.

--------------------------------------------------------------------------------------------------
-- Sets and what shows them.

ALTER TABLE barid.media_set
    ADD COLUMN recipe           text NOT NULL DEFAULT '' CHECK (length(recipe) <= 64),
    -- What a page shows before the picture is there (base64, #rrggbb), and where its subject is.
    ADD COLUMN thumbhash        text COLLATE "C" CHECK (length(thumbhash) <= 64),
    ADD COLUMN dominant         text COLLATE "C" CHECK (dominant ~ '^#[0-9a-f]{6}$'),
    ADD COLUMN attention_x      real CHECK (attention_x BETWEEN 0 AND 1),
    ADD COLUMN attention_y      real CHECK (attention_y BETWEEN 0 AND 1),
    -- Its files need signed addresses.
    ADD COLUMN private          boolean NOT NULL DEFAULT false,
    -- The job that makes it, while it is being made.
    ADD COLUMN maker            bigint,
    ADD COLUMN touched_at       timestamptz NOT NULL DEFAULT now(),
    ADD COLUMN unattached_since timestamptz;
DROP INDEX barid.media_set_storing;
CREATE INDEX media_set_storing ON barid.media_set (touched_at) WHERE state = 'storing';
CREATE INDEX media_set_unattached ON barid.media_set (unattached_since)
    WHERE unattached_since IS NOT NULL;

-- A recipe can ask for heights and formats of its own.
ALTER TABLE barid.media_variant
    DROP CONSTRAINT media_variant_pkey,
    DROP CONSTRAINT media_variant_format_check,
    ADD CONSTRAINT media_variant_format_check CHECK (format ~ '^[a-z0-9]{2,8}$'),
    ADD PRIMARY KEY (set_id, width, height, format);
CREATE INDEX media_variant_key ON barid.media_variant (key);

ALTER TABLE barid.media_entity
    ADD COLUMN slot    text NOT NULL DEFAULT '' CHECK (length(slot) <= 64),
    -- The payload that asked for it, without entity and slot: enough to ask again.
    ADD COLUMN request jsonb CHECK (jsonb_typeof(request) = 'object'),
    ADD COLUMN job_id  bigint NOT NULL DEFAULT 0,
    DROP CONSTRAINT media_entity_pkey,
    ADD PRIMARY KEY (entity, slot, set_id);
CREATE UNIQUE INDEX media_entity_slot ON barid.media_entity (entity, slot) WHERE slot <> '';

CREATE TABLE barid.media_garbage (
    since         timestamptz NOT NULL DEFAULT now(),
    due_at        timestamptz NOT NULL,
    claimed_until timestamptz,
    removed_at    timestamptz,
    set_id        bigint,      -- whose file it is to become, while it is being uploaded
    attempts      int NOT NULL DEFAULT 0,
    -- Removed once more a day later: an upload that was under way can't outlive that.
    again         boolean NOT NULL DEFAULT false,
    store         text COLLATE "C" NOT NULL,
    key           text COLLATE "C" NOT NULL CHECK (length(key) BETWEEN 1 AND 512),
    error         text CHECK (length(error) <= 500),
    PRIMARY KEY (store, key)
);
CREATE INDEX media_garbage_due ON barid.media_garbage (store, due_at) WHERE removed_at IS NULL;
CREATE INDEX media_garbage_removed ON barid.media_garbage (removed_at)
    WHERE removed_at IS NOT NULL;
CREATE INDEX media_garbage_set ON barid.media_garbage (set_id) WHERE set_id IS NOT NULL;

CREATE FUNCTION barid.media_entity_detached() RETURNS trigger
    LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, barid, pg_temp AS $$
BEGIN
    UPDATE barid.media_set s SET unattached_since = now()
    WHERE s.id = OLD.set_id
      AND NOT EXISTS (SELECT 1 FROM barid.media_entity e WHERE e.set_id = OLD.set_id);
    RETURN NULL;
END $$;
CREATE TRIGGER media_entity_detached AFTER DELETE ON barid.media_entity
    FOR EACH ROW EXECUTE FUNCTION barid.media_entity_detached();

-- What was there: a picture made again with another recipe hid the older set, which can go now.
DELETE FROM barid.media_entity e
USING barid.media_set s, barid.media_entity n, barid.media_set t
WHERE s.id = e.set_id AND n.entity = e.entity AND t.id = n.set_id
  AND t.source_hash = s.source_hash AND t.state = 'complete'
  AND (n.attached_at, n.set_id) > (e.attached_at, e.set_id);
UPDATE barid.media_set s SET unattached_since = now()
WHERE s.unattached_since IS NULL AND s.state = 'complete'
  AND NOT EXISTS (SELECT 1 FROM barid.media_entity e WHERE e.set_id = s.id);

--------------------------------------------------------------------------------------------------
-- Reading.

-- Replaces 0003's: says what a page needs to lay itself out before the picture is there.
CREATE OR REPLACE FUNCTION barid.media_manifest(set_id bigint) RETURNS jsonb
    LANGUAGE sql STABLE SECURITY DEFINER SET search_path = pg_catalog, barid, pg_temp AS $$
    SELECT jsonb_build_object(
        'set', s.id,
        'source_hash', s.source_hash,
        'recipe_hash', s.recipe_hash,
        'recipe', s.recipe,
        'store', s.store,
        'private', s.private,
        'source', s.source,
        'width', l.width,
        'height', l.height,
        'sizes', '(max-width: ' || l.width || 'px) 100vw, ' || l.width || 'px',
        'placeholder', jsonb_build_object('thumbhash', s.thumbhash, 'color', s.dominant),
        'focal', jsonb_build_object('x', coalesce(s.attention_x, 0.5),
                                    'y', coalesce(s.attention_y, 0.5)),
        -- For <img src>: what every reader can show, not larger than it has to be.
        'src', (
            SELECT v.url FROM media_variant v WHERE v.set_id = s.id
            ORDER BY CASE v.format WHEN 'jpeg' THEN 0 WHEN 'png' THEN 1 WHEN 'gif' THEN 2
                                   WHEN 'webp' THEN 3 ELSE 4 END,
                     v.width < 640, CASE WHEN v.width < 640 THEN -v.width ELSE v.width END
            LIMIT 1),
        'srcset', (
            SELECT jsonb_object_agg(f.format, f.srcset)
            FROM (SELECT v.format,
                         string_agg(v.url || ' ' || v.width || 'w', ', '
                                    ORDER BY v.width, v.height) AS srcset
                  FROM media_variant v WHERE v.set_id = s.id GROUP BY v.format) f),
        'variants', (
            SELECT jsonb_agg(jsonb_build_object(
                       'width', v.width, 'height', v.height, 'format', v.format,
                       'content_type', v.content_type, 'bytes', v.bytes, 'sha256', v.sha256,
                       'key', v.key, 'url', v.url) ORDER BY v.width, v.height, v.format)
            FROM media_variant v WHERE v.set_id = s.id))
    FROM media_set s
    CROSS JOIN LATERAL (
        SELECT v.width, v.height FROM media_variant v WHERE v.set_id = s.id
        ORDER BY v.width DESC, v.height DESC LIMIT 1) l
    WHERE s.id = media_manifest.set_id AND s.state = 'complete'
$$;

-- Replaces 0003's: each picture says which slot it is in.
CREATE OR REPLACE FUNCTION barid.media(entity text) RETURNS jsonb
    LANGUAGE sql STABLE SECURITY DEFINER SET search_path = pg_catalog, barid, pg_temp AS $$
    SELECT coalesce(jsonb_agg(media_manifest(p.set_id) || jsonb_build_object('slot', p.slot)
                              ORDER BY p.attached_at DESC, p.set_id DESC, p.slot), '[]'::jsonb)
    FROM (
        SELECT DISTINCT ON (m.slot, s.source_hash) m.set_id, m.slot, m.attached_at
        FROM media_entity m
        JOIN media_set s ON s.id = m.set_id AND s.state = 'complete'
        WHERE m.entity = media.entity
        ORDER BY m.slot, s.source_hash, m.attached_at DESC, m.set_id DESC
    ) p
$$;

-- The picture of one named slot; NULL when there is none.
CREATE FUNCTION barid.media(entity text, slot text) RETURNS jsonb
    LANGUAGE sql STABLE SECURITY DEFINER SET search_path = pg_catalog, barid, pg_temp AS $$
    SELECT media_manifest(m.set_id) || jsonb_build_object('slot', m.slot)
    FROM media_entity m
    JOIN media_set s ON s.id = m.set_id AND s.state = 'complete'
    WHERE m.entity = media.entity AND m.slot = media.slot
    ORDER BY m.attached_at DESC, m.set_id DESC LIMIT 1
$$;

-- Replaces 0003's: the same columns, then the slot and what a page shows first.
CREATE OR REPLACE VIEW barid.media_pictures AS
SELECT e.entity, s.source_hash, s.recipe_hash, e.attached_at, v.width, v.height, v.format,
       v.content_type, v.bytes, v.sha256, v.key, v.url,
       e.slot, s.recipe, s.private, s.thumbhash, s.dominant, s.attention_x, s.attention_y
FROM (
    SELECT DISTINCT ON (m.entity, m.slot, c.source_hash) m.entity, m.slot, m.set_id, m.attached_at
    FROM barid.media_entity m
    JOIN barid.media_set c ON c.id = m.set_id AND c.state = 'complete'
    ORDER BY m.entity, m.slot, c.source_hash, m.attached_at DESC, m.set_id DESC
) e
JOIN barid.media_set s ON s.id = e.set_id
JOIN barid.media_variant v ON v.set_id = s.id;

-- One row for each picture, ready for a page: join it by entity.
CREATE VIEW barid.media_srcset AS
SELECT e.entity, e.slot, e.attached_at, e.set_id, barid.media_manifest(e.set_id) AS picture
FROM (
    SELECT DISTINCT ON (m.entity, m.slot, c.source_hash) m.entity, m.slot, m.set_id, m.attached_at
    FROM barid.media_entity m
    JOIN barid.media_set c ON c.id = m.set_id AND c.state = 'complete'
    ORDER BY m.entity, m.slot, c.source_hash, m.attached_at DESC, m.set_id DESC
) e;

--------------------------------------------------------------------------------------------------
-- Making a set: begin, plan its files, complete. Every step may be repeated.

-- Shows a complete set at a place: 'attached'; 'superseded' when a later job filled the place
-- already; 'gone' when the set isn't there.
CREATE FUNCTION barid.media_attach(set_id bigint, entity text, slot text, request jsonb,
                                   job_id bigint) RETURNS text
    LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, barid, pg_temp AS $$
#variable_conflict use_variable
DECLARE
    hash   text;
    newest bigint;
BEGIN
    -- The collector takes the row FOR UPDATE: one of the two waits, and then sees what the other did.
    SELECT s.source_hash INTO hash FROM barid.media_set s
    WHERE s.id = set_id AND s.state = 'complete' FOR KEY SHARE;
    IF hash IS NULL THEN RETURN 'gone'; END IF;
    PERFORM pg_advisory_xact_lock(hashtextextended(entity || chr(31) || slot, 1112297801));
    SELECT max(e.job_id) INTO newest
    FROM barid.media_entity e JOIN barid.media_set s ON s.id = e.set_id
    WHERE e.entity = entity AND e.slot = slot AND (slot <> '' OR s.source_hash = hash);
    IF newest > job_id THEN RETURN 'superseded'; END IF;
    DELETE FROM barid.media_entity e USING barid.media_set s
    WHERE e.entity = entity AND e.slot = slot AND e.set_id <> set_id AND s.id = e.set_id
      AND (slot <> '' OR s.source_hash = hash);
    INSERT INTO barid.media_entity AS e (entity, slot, set_id, request, job_id)
    VALUES (entity, slot, set_id, request, job_id)
    ON CONFLICT ON CONSTRAINT media_entity_pkey
    DO UPDATE SET attached_at = now(), request = excluded.request, job_id = excluded.job_id;
    UPDATE barid.media_set s SET unattached_since = NULL
    WHERE s.id = set_id AND s.unattached_since IS NOT NULL;
    RETURN 'attached';
END $$;

CREATE FUNCTION barid.media_attached(set_id bigint, outcome text, slot text) RETURNS jsonb
    LANGUAGE sql STABLE SECURITY DEFINER SET search_path = pg_catalog, barid, pg_temp AS $$
    SELECT media_manifest(set_id) || jsonb_build_object('slot', slot)
        || CASE outcome WHEN 'superseded' THEN '{"superseded": true}'::jsonb ELSE '{}'::jsonb END
$$;

-- Shows a set that is complete already; its manifest, or NULL when there is none.
CREATE FUNCTION barid.media_reuse(source_hash text, recipe_hash text, store text, entity text,
                                  slot text, request jsonb, job_id bigint) RETURNS jsonb
    LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, barid, pg_temp AS $$
#variable_conflict use_variable
DECLARE
    known   bigint;
    outcome text;
BEGIN
    SELECT s.id INTO known FROM barid.media_set s
    WHERE s.source_hash = source_hash AND s.recipe_hash = recipe_hash AND s.store = store
      AND s.state = 'complete';
    IF known IS NULL THEN RETURN NULL; END IF;
    outcome := barid.media_attach(known, entity, slot, request, job_id);
    IF outcome = 'gone' THEN RETURN NULL; END IF;
    RETURN barid.media_attached(known, outcome, slot);
END $$;

-- Claims the making of a set. `state`: 'mine'; 'busy' while another running job makes it;
-- 'complete' when it was made meanwhile.
CREATE FUNCTION barid.media_begin(source_hash text, recipe_hash text, store text, job_id bigint)
    RETURNS TABLE (id bigint, state text)
    LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, barid, pg_temp AS $$
#variable_conflict use_variable
DECLARE
    known barid.media_set;
BEGIN
    FOR attempt IN 1..10 LOOP
        INSERT INTO barid.media_set AS s (source_hash, recipe_hash, store, maker)
        VALUES (source_hash, recipe_hash, store, job_id)
        ON CONFLICT ON CONSTRAINT media_set_source_hash_recipe_hash_store_key DO NOTHING
        RETURNING s.id INTO id;
        IF id IS NOT NULL THEN
            state := 'mine';
            RETURN NEXT;
            RETURN;
        END IF;
        SELECT * INTO known FROM barid.media_set s
        WHERE s.source_hash = source_hash AND s.recipe_hash = recipe_hash AND s.store = store
        FOR UPDATE;
        CONTINUE WHEN known.id IS NULL;
        id := known.id;
        IF known.state = 'complete' THEN
            state := 'complete';
        ELSIF known.maker <> job_id AND EXISTS (
            SELECT 1 FROM barid.job j WHERE j.id = known.maker AND j.state = 'running') THEN
            state := 'busy';
        ELSE
            UPDATE barid.media_set s SET maker = job_id, touched_at = now() WHERE s.id = known.id;
            state := 'mine';
        END IF;
        RETURN NEXT;
        RETURN;
    END LOOP;
    RAISE EXCEPTION 'the set is made and removed all the time' USING ERRCODE = '40001';
END $$;

-- Names for the files of a set: those asked for, or with .g2, .g3, … before the extension while
-- files of that name are being removed. They are garbage until barid.media_complete. NULL when the
-- set isn't there, or has these files already.
CREATE FUNCTION barid.media_plan(set_id bigint, keys text[]) RETURNS text[]
    LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, barid, pg_temp AS $$
#variable_conflict use_variable
DECLARE
    of_store text;
    wanted   text[];
    listed   bigint;
BEGIN
    IF keys IS NULL OR cardinality(keys) NOT BETWEEN 1 AND 1000 THEN
        RAISE EXCEPTION 'media_plan takes 1 to 1000 keys' USING ERRCODE = '22023';
    END IF;
    UPDATE barid.media_set s SET touched_at = now() WHERE s.id = set_id
    RETURNING s.store INTO of_store;
    IF of_store IS NULL THEN RETURN NULL; END IF;
    -- Somebody else completed the set: what is published must never be listed.
    IF EXISTS (SELECT 1 FROM barid.media_variant v WHERE v.set_id = set_id AND v.key = ANY (keys))
    THEN RETURN NULL; END IF;
    FOR n IN 1..1000 LOOP
        wanted := ARRAY(
            SELECT CASE n WHEN 1 THEN k
                          ELSE regexp_replace(k, '(\.[a-z0-9]+)$', '.g' || n || '\1') END
            FROM unnest(keys) WITH ORDINALITY AS u(k, i) ORDER BY i);
        CONTINUE WHEN EXISTS (
            SELECT 1 FROM barid.media_garbage g
            WHERE g.store = of_store AND g.key = ANY (wanted)
              AND (g.set_id IS DISTINCT FROM set_id OR g.claimed_until IS NOT NULL
                   OR g.removed_at IS NOT NULL));
        WITH listed_now AS (
            INSERT INTO barid.media_garbage AS g (store, key, set_id, due_at, again)
            SELECT DISTINCT of_store, k, set_id, now() + interval '1 hour', true
            FROM unnest(wanted) k
            ON CONFLICT ON CONSTRAINT media_garbage_pkey
            DO UPDATE SET due_at = excluded.due_at
            WHERE g.set_id = excluded.set_id AND g.claimed_until IS NULL AND g.removed_at IS NULL
            RETURNING 1)
        SELECT count(*) INTO listed FROM listed_now;
        -- Fewer: a sweeper came between the two statements.
        IF listed = cardinality(keys) THEN RETURN wanted; END IF;
    END LOOP;
    RAISE EXCEPTION 'no free name was found for %', keys[1] USING ERRCODE = '40001';
END $$;

-- Takes files that are published off the list of what is to go; false when one of them is being
-- removed, or was.
CREATE FUNCTION barid.media_keep(set_id bigint, store text, keys text[]) RETURNS boolean
    LANGUAGE plpgsql AS $$
#variable_conflict use_variable
DECLARE
    kept bigint;
BEGIN
    DELETE FROM barid.media_garbage g
    WHERE g.store = store AND g.key = ANY (keys) AND g.set_id = set_id
      AND g.claimed_until IS NULL AND g.removed_at IS NULL;
    GET DIAGNOSTICS kept = ROW_COUNT;
    RETURN kept = cardinality(keys);
END $$;

-- All or nothing: the variants, the look, the state, the place that shows it, and the job that may
-- improve it. `facts`: source, recipe, private, thumbhash, dominant, attention_x, attention_y.
CREATE FUNCTION barid.media_complete(set_id bigint, variants jsonb, facts jsonb, entity text,
                                     slot text, request jsonb, job_id bigint,
                                     improve_queue text DEFAULT NULL) RETURNS jsonb
    LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, barid, pg_temp AS $$
#variable_conflict use_variable
DECLARE
    known   barid.media_set;
    outcome text;
BEGIN
    -- Two workers with the same picture take turns; the second finds it complete.
    SELECT * INTO known FROM barid.media_set s WHERE s.id = set_id FOR UPDATE;
    IF known.id IS NULL THEN RETURN NULL; END IF;
    IF known.state = 'storing' THEN
        IF NOT barid.media_keep(set_id, known.store, ARRAY(
            SELECT v->>'key' FROM jsonb_array_elements(variants) v)) THEN
            RETURN NULL;
        END IF;
        INSERT INTO barid.media_variant
            (set_id, width, height, format, content_type, bytes, sha256, key, url)
        SELECT set_id, v.width, v.height, v.format, v.content_type, v.bytes, v.sha256, v.key, v.url
        FROM jsonb_to_recordset(variants) AS v(width int, height int, format text,
            content_type text, bytes bigint, sha256 text, key text, url text);
        UPDATE barid.media_set s
        SET state = 'complete', completed_at = now(), maker = NULL, source = facts->'source',
            recipe = coalesce(facts->>'recipe', ''),
            private = coalesce((facts->>'private')::boolean, false),
            thumbhash = facts->>'thumbhash', dominant = facts->>'dominant',
            attention_x = (facts->>'attention_x')::real,
            attention_y = (facts->>'attention_y')::real
        WHERE s.id = set_id;
        IF improve_queue IS NOT NULL THEN
            PERFORM barid.enqueue('image.improve',
                jsonb_build_object('set', set_id, 'request', request),
                queue => improve_queue, priority => 9, unique_key => 'image.improve:' || set_id);
        END IF;
    END IF;
    outcome := barid.media_attach(set_id, entity, slot, request, job_id);
    RETURN barid.media_attached(set_id, outcome, slot);
END $$;

-- A set whose making failed for good before a file was stored: nothing is left to sweep.
CREATE FUNCTION barid.media_abandon(set_id bigint, job_id bigint) RETURNS void
    LANGUAGE sql SECURITY DEFINER SET search_path = pg_catalog, barid, pg_temp AS $$
    DELETE FROM media_set s
    WHERE s.id = media_abandon.set_id AND s.state = 'storing' AND s.maker = media_abandon.job_id
      AND NOT EXISTS (SELECT 1 FROM media_garbage g WHERE g.set_id = s.id)
$$;

-- Puts better files in the place of a complete set's: `variants` as for barid.media_complete, after
-- barid.media_plan. The old files are removed after `grace`. Returns how many were swapped.
CREATE FUNCTION barid.media_improve(set_id bigint, variants jsonb, grace interval) RETURNS int
    LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, barid, pg_temp AS $$
#variable_conflict use_variable
DECLARE
    known   barid.media_set;
    better  record;
    old     barid.media_variant;
    swapped int := 0;
BEGIN
    SELECT * INTO known FROM barid.media_set s
    WHERE s.id = set_id AND s.state = 'complete' FOR UPDATE;
    IF known.id IS NULL THEN RETURN 0; END IF;
    FOR better IN
        SELECT * FROM jsonb_to_recordset(variants) AS v(width int, height int, format text,
            bytes bigint, sha256 text, key text, url text)
    LOOP
        SELECT * INTO old FROM barid.media_variant v
        WHERE v.set_id = set_id AND v.width = better.width AND v.height = better.height
          AND v.format = better.format;
        CONTINUE WHEN old.key IS NULL OR old.key = better.key OR old.bytes <= better.bytes
            OR NOT barid.media_keep(set_id, known.store, ARRAY[better.key]);
        UPDATE barid.media_variant v
        SET bytes = better.bytes, sha256 = better.sha256, key = better.key, url = better.url
        WHERE v.set_id = set_id AND v.width = better.width AND v.height = better.height
          AND v.format = better.format;
        INSERT INTO barid.media_garbage AS g (store, key, due_at)
        VALUES (known.store, old.key, now() + grace)
        ON CONFLICT ON CONSTRAINT media_garbage_pkey DO NOTHING;
        swapped := swapped + 1;
    END LOOP;
    RETURN swapped;
END $$;

--------------------------------------------------------------------------------------------------
-- Deleting and collecting.

-- What shows a picture doesn't any more: all of an entity, one slot of it, or one set wherever it
-- is shown. Returns how many places that were. Sets that nothing shows any more are collected after
-- the grace; with `at_once` their files are due now.
CREATE FUNCTION barid.media_remove(entity text DEFAULT NULL, slot text DEFAULT NULL,
                                   set_id bigint DEFAULT NULL, at_once boolean DEFAULT false)
    RETURNS bigint
    LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, barid, pg_temp AS $$
#variable_conflict use_variable
DECLARE
    sets   bigint[];
    places bigint;
BEGIN
    IF (entity IS NULL) = (set_id IS NULL) OR (slot IS NOT NULL AND entity IS NULL) THEN
        RAISE EXCEPTION 'media_remove takes an entity, an entity and a slot, or a set'
            USING ERRCODE = '22023',
                  HINT = 'Call barid.media_remove(''product:42'', slot => ''main'') or '
                         'barid.media_remove(set_id => 7).';
    END IF;
    WITH gone AS (
        DELETE FROM barid.media_entity e
        WHERE (entity IS NULL OR e.entity = entity) AND (slot IS NULL OR e.slot = slot)
          AND (set_id IS NULL OR e.set_id = set_id)
        RETURNING e.set_id)
    SELECT count(*), coalesce(array_agg(DISTINCT g.set_id), '{}') INTO places, sets FROM gone g;
    IF set_id IS NOT NULL THEN sets := ARRAY[set_id]; END IF;
    IF at_once THEN PERFORM barid.media_discard(sets); END IF;
    RETURN places;
END $$;

-- Of these complete sets: those that nothing shows lose their rows, and their files are due.
CREATE FUNCTION barid.media_discard(sets bigint[]) RETURNS bigint
    LANGUAGE plpgsql AS $$
#variable_conflict use_variable
DECLARE
    free bigint[];
BEGIN
    PERFORM 1 FROM barid.media_set s WHERE s.id = ANY (sets) ORDER BY s.id FOR UPDATE;
    -- A statement of its own: it sees what was attached before the rows were locked.
    free := ARRAY(
        SELECT s.id FROM barid.media_set s
        WHERE s.id = ANY (sets) AND s.state = 'complete'
          AND NOT EXISTS (SELECT 1 FROM barid.media_entity e WHERE e.set_id = s.id));
    INSERT INTO barid.media_garbage AS g (store, key, due_at)
    SELECT s.store, v.key, now()
    FROM barid.media_variant v JOIN barid.media_set s ON s.id = v.set_id
    WHERE s.id = ANY (free)
    ON CONFLICT ON CONSTRAINT media_garbage_pkey DO NOTHING;
    DELETE FROM barid.media_set s WHERE s.id = ANY (free);
    RETURN cardinality(free);
END $$;

-- A bounded step: sets that nothing has shown for the grace, and those whose making was given up,
-- become garbage; names whose files are gone for a day may be used again. Returns the number of
-- sets; when it is `batch` there may be more.
CREATE FUNCTION barid.media_collect(store text, grace interval, batch int DEFAULT 200)
    RETURNS bigint
    LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, barid, pg_temp AS $$
#variable_conflict use_variable
DECLARE
    stale bigint[];
    gone  bigint;
BEGIN
    IF batch IS NULL OR batch NOT BETWEEN 1 AND 10000 OR grace IS NULL
       OR grace < interval '0' THEN
        RAISE EXCEPTION 'batch must be between 1 and 10000, and grace not below zero'
            USING ERRCODE = '22023';
    END IF;
    DELETE FROM barid.media_garbage g WHERE (g.store, g.key) IN (
        SELECT o.store, o.key FROM barid.media_garbage o
        WHERE o.removed_at < now() - interval '1 day' LIMIT batch FOR UPDATE SKIP LOCKED);
    -- Their files are on the list since before the first upload.
    DELETE FROM barid.media_set s WHERE s.id IN (
        SELECT o.id FROM barid.media_set o
        WHERE o.state = 'storing' AND o.touched_at < now() - interval '1 hour' AND o.store = store
          AND NOT EXISTS (SELECT 1 FROM barid.job j WHERE j.id = o.maker AND j.state = 'running')
        LIMIT batch FOR UPDATE SKIP LOCKED);
    GET DIAGNOSTICS gone = ROW_COUNT;
    stale := ARRAY(
        SELECT o.id FROM barid.media_set o
        WHERE o.unattached_since <= now() - grace AND o.state = 'complete' AND o.store = store
          AND NOT EXISTS (SELECT 1 FROM barid.media_entity e WHERE e.set_id = o.id)
        ORDER BY o.unattached_since LIMIT batch FOR UPDATE SKIP LOCKED);
    RETURN greatest(gone, barid.media_discard(stale));
END $$;

-- Up to `batch` files that are due, for this caller alone until the lease ends.
CREATE FUNCTION barid.media_garbage_take(store text, batch int DEFAULT 100) RETURNS SETOF text
    LANGUAGE sql SECURITY DEFINER SET search_path = pg_catalog, barid, pg_temp AS $$
    UPDATE media_garbage g
    SET claimed_until = now() + interval '10 minutes', attempts = g.attempts + 1
    WHERE (g.store, g.key) IN (
        SELECT o.store, o.key FROM media_garbage o
        WHERE o.store = media_garbage_take.store AND o.removed_at IS NULL AND o.due_at <= now()
          AND (o.claimed_until IS NULL OR o.claimed_until < now())
          -- Nothing lists a file that is shown; if it were, it would still not be removed.
          AND NOT EXISTS (SELECT 1 FROM media_variant v JOIN media_set s ON s.id = v.set_id
                          WHERE v.key = o.key AND s.store = o.store)
        ORDER BY o.due_at LIMIT media_garbage_take.batch FOR UPDATE SKIP LOCKED)
    RETURNING g.key
$$;

-- What became of files that were taken: removed, or not (tried again later, after a day at most).
CREATE FUNCTION barid.media_garbage_done(store text, removed text[], failed text[], error text)
    RETURNS void
    LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, barid, pg_temp AS $$
#variable_conflict use_variable
BEGIN
    UPDATE barid.media_garbage g
    SET removed_at = CASE WHEN g.again THEN NULL ELSE now() END,
        due_at = CASE WHEN g.again THEN now() + interval '1 day' ELSE g.due_at END,
        again = false, attempts = 0, error = NULL
    WHERE g.store = store AND g.key = ANY (removed) AND g.removed_at IS NULL;
    UPDATE barid.media_garbage g
    SET due_at = now() + least(interval '1 minute' * (g.attempts * g.attempts), interval '1 day'),
        claimed_until = now(), error = left(error, 500)
    WHERE g.store = store AND g.key = ANY (failed) AND g.removed_at IS NULL;
END $$;

-- Adds a job `image.collect` when there is something to do. True when it did.
CREATE FUNCTION barid.media_upkeep(store text, grace interval, queue text) RETURNS boolean
    LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, barid, pg_temp AS $$
#variable_conflict use_variable
BEGIN
    IF NOT (
        EXISTS (SELECT 1 FROM barid.media_garbage g
                WHERE g.store = store AND g.removed_at IS NULL AND g.due_at <= now()
                  AND (g.claimed_until IS NULL OR g.claimed_until < now()))
        OR EXISTS (SELECT 1 FROM barid.media_set s
                   WHERE s.state = 'storing' AND s.store = store
                     AND s.touched_at < now() - interval '1 hour')
        OR EXISTS (SELECT 1 FROM barid.media_set s
                   WHERE s.unattached_since <= now() - grace AND s.store = store
                     AND NOT EXISTS (SELECT 1 FROM barid.media_entity e WHERE e.set_id = s.id))
        OR EXISTS (SELECT 1 FROM barid.media_garbage g
                   WHERE g.removed_at < now() - interval '1 day'))
    THEN RETURN false; END IF;
    PERFORM barid.enqueue('image.collect', queue => queue, priority => 9,
                          unique_key => 'image.collect:' || store);
    RETURN true;
END $$;

--------------------------------------------------------------------------------------------------
-- Grants.

-- A request can hold an address that is a secret.
REVOKE SELECT ON barid.media_entity FROM barid_readonly;
GRANT SELECT (entity, slot, set_id, attached_at, job_id) ON barid.media_entity TO barid_readonly;
GRANT SELECT, INSERT, UPDATE, DELETE ON barid.media_garbage TO barid_worker;
GRANT SELECT ON barid.media_garbage TO barid_operator, barid_readonly;
GRANT SELECT ON barid.media_srcset
    TO barid_producer, barid_worker, barid_operator, barid_readonly;
GRANT EXECUTE ON FUNCTION barid.media(text, text)
    TO barid_producer, barid_worker, barid_operator, barid_readonly;
GRANT EXECUTE ON FUNCTION barid.media_remove(text, text, bigint, boolean)
    TO barid_producer, barid_worker, barid_operator;
GRANT EXECUTE ON FUNCTION barid.media_reuse(text, text, text, text, text, jsonb, bigint),
    barid.media_begin(text, text, text, bigint), barid.media_plan(bigint, text[]),
    barid.media_complete(bigint, jsonb, jsonb, text, text, jsonb, bigint, text),
    barid.media_abandon(bigint, bigint), barid.media_improve(bigint, jsonb, interval),
    barid.media_upkeep(text, interval, text)
TO barid_worker;
GRANT EXECUTE ON FUNCTION barid.media_collect(text, interval, int),
    barid.media_garbage_take(text, int), barid.media_garbage_done(text, text[], text[], text)
TO barid_worker, barid_operator;
