-- Translation attached to the shop's own tables, catalogues in bulk, and the review queue.
--
-- Who may do what (docs/decisions/0016): everything that touches the shop's table is a function
-- that barid.auto_translate makes in the table's schema, owned by the table's owner, with the
-- owner's rights. Barid calls them only from functions that belong to barid_shop, a role without
-- rights: whatever an owner makes of such a function, it gains nothing.
--
-- The order of locks: the shop's row, then barid.translation, then reviews. A shop's own
-- statement locks its row before our trigger runs, so a machine must never hold a translation
-- while it waits for a shop's row.
--
-- Replaces of 0004: set_translation, approve_translation, reject_translation (with who did it,
-- and writing back), and the view translation_reviews (more columns).

DO $$
BEGIN
    BEGIN
        CREATE ROLE barid_shop NOLOGIN;
    EXCEPTION WHEN duplicate_object OR unique_violation THEN
        NULL;  -- roles belong to the whole cluster
    END;
    IF NOT (SELECT r.rolsuper FROM pg_roles r WHERE r.rolname = current_user) THEN
        EXECUTE format('GRANT barid_shop TO %I', current_user);
    END IF;
END $$;

-- shown_hash: of what the shop's column holds, as far as we know; NULL: empty, '\x': no column.
-- A column that holds something else was edited by a person.
ALTER TABLE barid.translation
    ADD COLUMN shown_hash bytea,
    ADD COLUMN write_error text CHECK (length(write_error) <= 1000),
    ADD COLUMN written_by text CHECK (length(written_by) <= 256);
ALTER TABLE barid.translation_review
    ADD COLUMN note text CHECK (length(note) <= 2000);
CREATE INDEX translation_review_queue ON barid.translation_review (id) WHERE state = 'open';
CREATE INDEX translation_review_rejected
    ON barid.translation_review (entity_type, entity_id, field, target_lang, id)
    WHERE state = 'rejected';

-- One row per attached table. `fields`: [{"field", "format", "source": en | ar | pair | column,
-- "en", "ar": the shop's columns, "write_en", "write_ar": whether Barid may write there}].
CREATE TABLE barid.auto_translation (
    entity_type text PRIMARY KEY CHECK (length(entity_type) BETWEEN 1 AND 64),
    table_schema text NOT NULL,
    table_name text NOT NULL,
    id_column text NOT NULL,
    fields jsonb NOT NULL,
    write_back text NOT NULL CHECK (write_back IN ('columns', 'table', 'none')),
    translations jsonb,
    rows_function text NOT NULL,
    write_function text NOT NULL,
    queue text NOT NULL DEFAULT 'default',
    delay interval NOT NULL DEFAULT '0',
    attached_at timestamptz NOT NULL DEFAULT now(),
    attached_by text NOT NULL,
    UNIQUE (table_schema, table_name)
);
CREATE VIEW barid.auto_translations AS
    SELECT a.entity_type, format('%I.%I', a.table_schema, a.table_name) AS "table", a.id_column,
           a.write_back, a.translations, a.fields, a.queue, a.delay, a.attached_at, a.attached_by
    FROM barid.auto_translation a;

CREATE FUNCTION barid.is_blank(value text) RETURNS boolean
    LANGUAGE sql IMMUTABLE PARALLEL SAFE SET search_path = pg_catalog, pg_temp AS $$
    SELECT value IS NULL OR btrim(value, E' \t\n\v\f\r') = ''
$$;

-- Whether a person has changed the shop's column: it holds neither what we last saw in it nor what
-- is published. '\x00' stands in a row while Barid itself writes to the column. (Without SET, so
-- that it is inlined.)
CREATE FUNCTION barid.was_edited(shown bytea, known bytea, published text) RETURNS boolean
    LANGUAGE sql IMMUTABLE PARALLEL SAFE AS $$
    SELECT shown IS DISTINCT FROM '\x'::bytea
       AND shown IS DISTINCT FROM nullif(known, '\x'::bytea)
       AND known IS DISTINCT FROM '\x00'::bytea
       AND (shown IS NULL OR published IS NULL
            OR shown <> barid.translation_source_hash('text', published))
$$;

--------------------------------------------------------------------------------------------------
-- The shop's side, through functions of the table's owner.

GRANT USAGE ON SCHEMA barid TO barid_shop;
GRANT SELECT (entity_type, rows_function, write_function) ON barid.auto_translation TO barid_shop;

-- The texts of some rows (locked), or of the page after an id (not locked).
CREATE FUNCTION barid.shop_rows(entity_type text, ids text[], after text DEFAULT NULL,
                                size int DEFAULT 0)
    RETURNS TABLE (entity_id text, field text, lang text, en text, ar text)
    LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, barid, pg_temp AS $$
#variable_conflict use_column
DECLARE
    call text;
BEGIN
    SELECT a.rows_function INTO call FROM barid.auto_translation a
    WHERE a.entity_type = shop_rows.entity_type;
    IF call IS NULL THEN RETURN; END IF;
    BEGIN
        RETURN QUERY EXECUTE format('SELECT r.entity_id, r.field, r.lang, r.en, r.ar FROM %s($1, $2, $3) r', call)
            USING ids, after, size;
    EXCEPTION WHEN invalid_text_representation OR numeric_value_out_of_range
              OR invalid_datetime_format THEN
        RETURN;  -- no row of this table has such an id
    END;
END $$;

-- Puts `value` where `expected` is. Answers what the column holds then; nothing when it held
-- something else.
CREATE FUNCTION barid.shop_write(entity_type text, entity_id text, field text, lang text,
                                 expected text, value text)
    RETURNS TABLE (stored text)
    LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, barid, pg_temp AS $$
#variable_conflict use_column
DECLARE
    call text;
BEGIN
    SELECT a.write_function INTO call FROM barid.auto_translation a
    WHERE a.entity_type = shop_write.entity_type;
    RETURN QUERY EXECUTE format('SELECT w.stored FROM %s($1, $2, $3, $4, $5) w', call)
        USING entity_id, field, lang, expected, value;
END $$;

GRANT CREATE ON SCHEMA barid TO barid_shop;
ALTER FUNCTION barid.shop_rows(text, text[], text, int) OWNER TO barid_shop;
ALTER FUNCTION barid.shop_write(text, text, text, text, text, text) OWNER TO barid_shop;
REVOKE CREATE ON SCHEMA barid FROM barid_shop;
REVOKE ALL ON FUNCTION barid.shop_rows(text, text[], text, int),
    barid.shop_write(text, text, text, text, text, text) FROM PUBLIC;

-- Writes a published text to the shop's column, of which we know what it holds: the row is
-- locked and has just been noted. A failure is noted, not raised: the text is published all the
-- same. What can be tried again is raised.
CREATE FUNCTION barid.write_back(entity_type text, entity_id text, field text, lang text,
                                 expected text, value text) RETURNS boolean
    LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, barid, pg_temp AS $$
#variable_conflict use_variable
DECLARE
    now_there text;
    problem   text;
    code      text;
BEGIN
    BEGIN
        -- So the shop's trigger knows whose edit this is; nobody else ever sees the mark.
        UPDATE barid.translation t SET shown_hash = '\x00'
        WHERE t.entity_type = entity_type AND t.entity_id = entity_id AND t.field = field
          AND t.target_lang = lang;
        SELECT w.stored INTO STRICT now_there
        FROM barid.shop_write(entity_type, entity_id, field, lang, expected, value) w;
        -- As it is stored: a trigger of the shop may have tidied it up.
        UPDATE barid.translation t
        SET write_error = NULL, shown_hash = barid.translation_source_hash('text',
            CASE WHEN NOT barid.is_blank(now_there) THEN now_there END)
        WHERE t.entity_type = entity_type AND t.entity_id = entity_id AND t.field = field
          AND t.target_lang = lang;
        RETURN true;
    EXCEPTION
        WHEN no_data_found THEN
            problem := 'the column holds something else now';
        WHEN deadlock_detected OR serialization_failure OR lock_not_available OR query_canceled
             OR admin_shutdown THEN
            RAISE;
        WHEN OTHERS THEN
            GET STACKED DIAGNOSTICS problem = MESSAGE_TEXT, code = RETURNED_SQLSTATE;
            problem := problem || ' (' || code || ')';
    END;
    UPDATE barid.translation t SET write_error = left(problem, 1000)
    WHERE t.entity_type = entity_type AND t.entity_id = entity_id AND t.field = field
      AND t.target_lang = lang;
    RETURN false;
END $$;

--------------------------------------------------------------------------------------------------
-- What a shop's row says: sources, people's edits, emptied fields.

-- Jobs for entities that have something to translate. One that waits already is kept, and locked
-- until we commit: it can't begin before it can see what we have written.
CREATE FUNCTION barid.enqueue_translations(entity_type text, ids text[], queue text,
                                           delay interval) RETURNS int
    LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, barid, pg_temp AS $$
#variable_conflict use_column
DECLARE
    made int;
BEGIN
    INSERT INTO barid.job AS j (kind, payload, queue, priority, run_at, max_attempts, unique_key,
                                unique_while, tags)
    SELECT 'translate.content',
           jsonb_build_object('entity_type', enqueue_translations.entity_type,
                              'entity_id', i.id, 'attached', true),
           enqueue_translations.queue, 5, clock_timestamp() + enqueue_translations.delay,
           coalesce((SELECT q.max_attempts FROM barid.queue q 
                     WHERE q.name = enqueue_translations.queue), 10),
           'translate:' || enqueue_translations.entity_type || ':' || i.id, 'waiting',
           ARRAY['translate:' || enqueue_translations.entity_type]
    FROM unnest(ids) AS i(id) ORDER BY i.id
    ON CONFLICT (queue, unique_key) WHERE unique_key IS NOT NULL
    DO UPDATE SET run_at = CASE WHEN isfinite(j.run_at)
                                THEN greatest(j.run_at, clock_timestamp()) ELSE j.run_at END;
    GET DIAGNOSTICS made = ROW_COUNT;
    RETURN made;
END $$;

-- What rows of an attached table say, field by field: which language is translated into which,
-- the source's hash, and what stands in the column of the translation ('\x': there is none).
-- `known`: there is a row about it. `turned`: the source was the translation before.
CREATE FUNCTION barid.judge_rows(attached barid.auto_translation, ids text[], fields text[],
                                 langs text[], en text[], ar text[])
    RETURNS TABLE (id text, field text, format text, spoken text, target text, source text,
                   shown text, known boolean, turned boolean, source_hash bytea, shown_hash bytea)
    LANGUAGE plpgsql STABLE SECURITY DEFINER SET search_path = pg_catalog, barid, pg_temp
    -- By the index, also before the tables have been analyzed; planned once for a session.
    SET enable_seqscan = off SET enable_mergejoin = off SET plan_cache_mode = force_generic_plan AS $$
#variable_conflict use_column
BEGIN
    RETURN QUERY
    WITH given AS (
        SELECT g.id, g.field, g.lang, f.format, f.source, f.write_en, f.write_ar,
               CASE WHEN NOT barid.is_blank(g.en) THEN left(g.en, 1000000) END AS en,
               CASE WHEN NOT barid.is_blank(g.ar) THEN left(g.ar, 1000000) END AS ar
        FROM unnest(ids, fields, langs, judge_rows.en, judge_rows.ar) AS g(id, field, lang, en, ar)
        JOIN jsonb_to_recordset((attached).fields)
             AS f(field text, format text, source text, write_en boolean, write_ar boolean)
          ON f.field = g.field
        WHERE length(g.id) BETWEEN 1 AND 256
    ), directed AS (
        SELECT g.*, CASE
            WHEN g.source <> 'pair' THEN g.lang
            -- The text that stands alone is the source, unless a machine made it of the other.
            WHEN g.ar IS NULL AND g.en IS NOT NULL THEN CASE
                WHEN e.origin <> 'human'
                     AND e.shown_hash = barid.translation_source_hash('text', g.en)
                THEN 'ar' ELSE 'en' END
            WHEN g.en IS NULL AND g.ar IS NOT NULL THEN CASE
                WHEN a.origin <> 'human'
                     AND a.shown_hash = barid.translation_source_hash('text', g.ar)
                THEN 'en' ELSE 'ar' END
            WHEN e.entity_id IS NOT NULL AND a.entity_id IS NULL THEN 'ar'
            ELSE 'en' END AS spoken,
            e.entity_id IS NOT NULL AS has_e, a.entity_id IS NOT NULL AS has_a
        FROM given g
        -- OFFSET: a look-up for each row, also before the table has been analyzed.
        LEFT JOIN LATERAL (
            SELECT t.entity_id, t.origin, t.shown_hash FROM barid.translation t
            WHERE t.entity_type = (attached).entity_type AND t.entity_id = g.id
              AND t.field = g.field AND t.target_lang = 'en' OFFSET 0) e ON true
        LEFT JOIN LATERAL (
            SELECT t.entity_id, t.origin, t.shown_hash FROM barid.translation t
            WHERE t.entity_type = (attached).entity_type AND t.entity_id = g.id
              AND t.field = g.field AND t.target_lang = 'ar' OFFSET 0) a ON true
    ), input AS (
        SELECT d.id, d.field, d.format, d.spoken,
               CASE d.spoken WHEN 'en' THEN 'ar' ELSE 'en' END AS target,
               CASE d.spoken WHEN 'en' THEN d.en ELSE d.ar END AS source,
               CASE WHEN CASE d.spoken WHEN 'en' THEN d.write_ar ELSE d.write_en END
                    THEN CASE d.spoken WHEN 'en' THEN d.ar ELSE d.en END END AS shown,
               CASE d.spoken WHEN 'en' THEN d.write_ar ELSE d.write_en END AS has_column,
               CASE d.spoken WHEN 'en' THEN d.has_a ELSE d.has_e END AS known,
               d.source <> 'en' AND d.source <> 'ar'
                   AND CASE d.spoken WHEN 'en' THEN d.has_e ELSE d.has_a END AS turned
        FROM directed d WHERE d.spoken IN ('en', 'ar')
    )
    SELECT i.id, i.field, i.format, i.spoken, i.target, i.source, i.shown, i.known, i.turned,
           barid.translation_source_hash(i.format, i.source),
           CASE WHEN i.has_column
                THEN barid.translation_source_hash('text', i.shown) ELSE '\x' END
    FROM input i WHERE i.source IS NOT NULL OR i.known OR i.turned;
END $$;

-- Takes note of rows of an attached table: one element of the arrays per field of a row, with the
-- row's language (NULL: whichever of the two texts is there) and its text in either language.
-- The caller holds the rows' locks.
CREATE FUNCTION barid.note_rows(entity_type text, ids text[], fields text[], langs text[],
                                en text[], ar text[], enqueue boolean DEFAULT true) RETURNS int
    LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, barid, pg_temp
    -- By the index, also before the tables have been analyzed.
    SET enable_seqscan = off SET enable_mergejoin = off SET plan_cache_mode = force_generic_plan AS $$
#variable_conflict use_column
DECLARE
    attached barid.auto_translation;
    seq      bigint;
    due      text[];
    gone     text[];
    changed  int;
    emptied  record;
BEGIN
    SELECT * INTO attached FROM barid.auto_translation a
    WHERE a.entity_type = note_rows.entity_type;
    IF NOT FOUND OR ids IS NULL THEN RETURN 0; END IF;
    seq := nextval('barid.job_id_seq');
    WITH input AS MATERIALIZED (
        SELECT j.* FROM barid.judge_rows(attached, ids, fields, langs, note_rows.en,
                                         note_rows.ar) j
    ), turned AS (
        -- What was the translation is the source now.
        DELETE FROM barid.translation t USING input i
        WHERE i.turned AND t.entity_type = attached.entity_type AND t.entity_id = i.id
          AND t.field = i.field AND t.target_lang = i.spoken
        RETURNING t.entity_id
    ), hashed AS (
        SELECT i.* FROM input i WHERE i.source IS NOT NULL OR i.known
    ), noted AS (
        INSERT INTO barid.translation AS t (
            entity_type, entity_id, field, target_lang, source_lang, format, source_text,
            source_hash, source_seq, text, text_source_hash, origin, state, shown_hash, written_by)
        SELECT attached.entity_type, h.id, h.field, h.target, h.spoken, h.format, h.source,
               h.source_hash, seq, h.shown,
               CASE WHEN h.shown IS NOT NULL THEN h.source_hash END,
               CASE WHEN h.shown IS NOT NULL THEN 'human' END,
               CASE WHEN h.shown IS NOT NULL THEN 'published' ELSE 'pending' END, h.shown_hash,
               CASE WHEN h.shown IS NOT NULL THEN left(session_user, 256) END
        FROM hashed h ORDER BY h.id, h.field
        ON CONFLICT ON CONSTRAINT translation_pkey DO UPDATE SET
            source_lang = excluded.source_lang,
            format = excluded.format,
            source_text = excluded.source_text,
            source_hash = excluded.source_hash,
            source_seq = greatest(t.source_seq, excluded.source_seq),
            text = CASE WHEN barid.was_edited(excluded.shown_hash, t.shown_hash, t.text)
                        THEN excluded.text ELSE t.text END,
            origin = CASE WHEN barid.was_edited(excluded.shown_hash, t.shown_hash, t.text)
                          THEN excluded.origin ELSE t.origin END,
            provider = CASE WHEN NOT barid.was_edited(excluded.shown_hash, t.shown_hash, t.text)
                            THEN t.provider END,
            written_by = CASE WHEN NOT barid.was_edited(excluded.shown_hash, t.shown_hash, t.text)
                              THEN t.written_by ELSE excluded.written_by END,
            text_source_hash = CASE
                WHEN barid.was_edited(excluded.shown_hash, t.shown_hash, t.text)
                THEN excluded.text_source_hash
                WHEN t.origin = 'human' AND t.text_source_hash IS NULL THEN excluded.source_hash
                ELSE t.text_source_hash END,
            suggestion = CASE WHEN NOT barid.was_edited(excluded.shown_hash, t.shown_hash, t.text)
                              THEN t.suggestion END,
            suggestion_hash = CASE
                WHEN NOT barid.was_edited(excluded.shown_hash, t.shown_hash, t.text)
                THEN t.suggestion_hash END,
            state = CASE
                WHEN barid.was_edited(excluded.shown_hash, t.shown_hash, t.text)
                THEN CASE WHEN excluded.text IS NULL THEN 'pending' ELSE 'published' END
                WHEN t.text IS NULL THEN CASE
                    WHEN t.source_hash = excluded.source_hash THEN t.state ELSE 'pending' END
                WHEN excluded.source_hash IS NULL
                     OR coalesce(t.text_source_hash, excluded.source_hash) = excluded.source_hash
                THEN 'published' ELSE 'stale' END,
            shown_hash = excluded.shown_hash,
            write_error = CASE WHEN excluded.shown_hash IS NOT DISTINCT FROM t.shown_hash
                               THEN t.write_error END,
            updated_at = now()
        WHERE excluded.source_hash IS DISTINCT FROM t.source_hash
           OR excluded.shown_hash IS DISTINCT FROM t.shown_hash
           OR excluded.source_lang IS DISTINCT FROM t.source_lang
           OR excluded.format <> t.format
        RETURNING t.entity_id, t.field, t.target_lang, t.source_hash, t.origin, t.state,
                  t.text_source_hash
    ), closed AS (
        UPDATE barid.translation_review r
        SET state = 'superseded', resolved_at = now(), resolved_by = session_user
        FROM noted n CROSS JOIN LATERAL (
            SELECT x.id FROM barid.translation_review x
            WHERE x.entity_type = attached.entity_type AND x.entity_id = n.entity_id
              AND x.field = n.field AND x.target_lang = n.target_lang AND x.state = 'open'
              AND (x.source_hash IS DISTINCT FROM n.source_hash
                   OR n.state IN ('published', 'pending')) OFFSET 0) old
        WHERE r.id = old.id
    )
    -- A person's new text needs no translation, but the memory learns it in the job.
    SELECT count(*), array_agg(DISTINCT n.entity_id) FILTER (
        WHERE n.source_hash IS NOT NULL AND (n.state <> 'published' OR n.origin = 'human')),
        array_agg(DISTINCT n.entity_id) FILTER (
            WHERE n.source_hash IS NULL AND n.origin IS DISTINCT FROM 'human')
    INTO changed, due, gone FROM noted n;

    -- Nothing is left to translate: a machine's text goes, a person's stays.
    IF gone IS NOT NULL THEN
        FOR emptied IN
            DELETE FROM barid.translation t
            WHERE t.entity_type = attached.entity_type AND t.entity_id = ANY (gone)
              AND t.source_hash IS NULL AND t.origin IS DISTINCT FROM 'human'
              AND t.source_seq = seq
            RETURNING t.entity_id, t.field, t.target_lang, t.text, t.shown_hash
        LOOP
            IF nullif(emptied.shown_hash, '\x') IS NOT NULL THEN
                PERFORM barid.shop_write(attached.entity_type, emptied.entity_id, emptied.field,
                                         emptied.target_lang, r.shown, NULL)
                FROM (SELECT CASE emptied.target_lang WHEN 'ar' THEN s.ar ELSE s.en END AS shown
                      FROM barid.shop_rows(attached.entity_type, ARRAY[emptied.entity_id]) s
                      WHERE s.field = emptied.field) r
                WHERE barid.translation_source_hash('text', r.shown) = emptied.shown_hash;
            END IF;
        END LOOP;
    END IF;
    IF enqueue AND due IS NOT NULL THEN
        PERFORM barid.enqueue_translations(attached.entity_type, due, attached.queue,
                                           attached.delay);
    END IF;
    RETURN changed;
END $$;

-- Rows that were deleted (all of the table's without `ids`).
CREATE FUNCTION barid.forget_rows(entity_type text, ids text[] DEFAULT NULL) RETURNS void
    LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, barid, pg_temp AS $$
#variable_conflict use_variable
BEGIN
    DELETE FROM barid.translation t
    WHERE t.entity_type = entity_type AND (ids IS NULL OR t.entity_id = ANY (ids));
    UPDATE barid.translation_review r
    SET state = 'superseded', resolved_at = now(), resolved_by = session_user,
        note = 'the row was deleted'
    WHERE r.entity_type = entity_type AND (ids IS NULL OR r.entity_id = ANY (ids))
      AND r.state = 'open';
END $$;

-- Locks an attached entity's row and takes note of it. Nothing when the table is not attached;
-- false when the row is gone.
CREATE FUNCTION barid.note_entity(entity_type text, entity_id text) RETURNS boolean
    LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, barid, pg_temp AS $$
#variable_conflict use_variable
DECLARE
    ids text[];
    fields text[];
    langs text[];
    en text[];
    ar text[];
BEGIN
    IF NOT EXISTS (SELECT FROM barid.auto_translation a WHERE a.entity_type = entity_type) THEN
        RETURN NULL;
    END IF;
    SELECT array_agg(r.entity_id), array_agg(r.field), array_agg(r.lang), array_agg(r.en),
           array_agg(r.ar) INTO ids, fields, langs, en, ar
    FROM barid.shop_rows(entity_type, ARRAY[entity_id]) r;
    IF ids IS NULL THEN RETURN false; END IF;
    PERFORM barid.note_rows(entity_type, ids, fields, langs, en, ar, false);
    RETURN true;
END $$;

-- What the shop's column holds, NULL when there is none that Barid may write. Under the lock.
CREATE FUNCTION barid.shown_text(entity_type text, entity_id text, field text, lang text,
                                 OUT writable boolean, OUT shown text)
    LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, barid, pg_temp AS $$
#variable_conflict use_variable
BEGIN
    SELECT CASE lang WHEN 'ar' THEN f.write_ar ELSE f.write_en END INTO writable
    FROM barid.auto_translation a,
         jsonb_to_recordset(a.fields) AS f(field text, write_en boolean, write_ar boolean)
    WHERE a.entity_type = entity_type AND f.field = field;
    IF writable IS NOT TRUE THEN writable := false; RETURN; END IF;
    SELECT CASE lang WHEN 'ar' THEN r.ar ELSE r.en END INTO shown
    FROM barid.shop_rows(entity_type, ARRAY[entity_id]) r
    WHERE r.field = field AND r.lang IS DISTINCT FROM lang;
    writable := FOUND;
END $$;

--------------------------------------------------------------------------------------------------
-- Publishing.

-- What a job has to do for an attached entity, after taking note of its row. Also brings a text
-- that is published, but not in the shop's column, there. `unfit`: too large for a job.
CREATE FUNCTION barid.translation_work(entity_type text, entity_id text, max_bytes int)
    RETURNS TABLE (field text, format text, source_lang text, target_lang text, source_text text,
                   source_hash text, current boolean, human boolean, suggested boolean,
                   review text)
    LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, barid, pg_temp AS $$
#variable_conflict use_column
DECLARE
    here boolean := barid.note_entity(entity_type, entity_id);
    item barid.translation;
BEGIN
    IF here IS NOT TRUE THEN
        IF NOT here THEN PERFORM barid.forget_rows(entity_type, ARRAY[entity_id]); END IF;
        RETURN;
    END IF;
    FOR item IN
        SELECT t.* FROM barid.translation t
        WHERE t.entity_type = translation_work.entity_type
          AND t.entity_id = translation_work.entity_id
        ORDER BY t.field, t.target_lang FOR UPDATE
    LOOP
        CONTINUE WHEN item.source_hash IS NULL;
        IF octet_length(item.source_text) > max_bytes
           AND item.text_source_hash IS DISTINCT FROM item.source_hash THEN
            PERFORM barid.open_review(item, 'too_large',
                format('the text has %s bytes, at most %s are translated',
                       octet_length(item.source_text), max_bytes), NULL, NULL);
            CONTINUE;
        END IF;
        IF item.text IS NOT NULL AND (item.shown_hash IS NULL OR item.write_error IS NOT NULL) THEN
            PERFORM barid.show_translation(item);
        END IF;
        RETURN QUERY SELECT item.field, item.format, item.source_lang, item.target_lang,
            item.source_text, encode(item.source_hash, 'hex'),
            item.text IS NOT NULL AND item.text_source_hash IS NOT DISTINCT FROM item.source_hash,
            coalesce(item.origin = 'human', false),
            coalesce(item.suggestion_hash = item.source_hash, false),
            (SELECT r.state || ':' || r.reason FROM barid.translation_review r
             WHERE r.entity_type = item.entity_type AND r.entity_id = item.entity_id
               AND r.field = item.field AND r.target_lang = item.target_lang
               AND r.source_hash = item.source_hash AND r.state IN ('open', 'rejected')
             ORDER BY r.id DESC LIMIT 1);
    END LOOP;
END $$;

CREATE FUNCTION barid.open_review(t barid.translation, reason text, detail text, suggestion text,
                                  provider text) RETURNS void
    LANGUAGE sql SECURITY DEFINER SET search_path = pg_catalog, barid, pg_temp AS $$
    INSERT INTO barid.translation_review AS r
        (entity_type, entity_id, field, target_lang, source_lang, format, source_text, source_hash,
         reason, detail, suggestion, provider)
    VALUES (t.entity_type, t.entity_id, t.field, t.target_lang, t.source_lang, t.format,
            t.source_text, t.source_hash, open_review.reason, left(open_review.detail, 2000),
            open_review.suggestion, nullif(open_review.provider, ''))
    ON CONFLICT (entity_type, entity_id, field, target_lang) WHERE state = 'open'
    DO UPDATE SET source_lang = excluded.source_lang, format = excluded.format,
        source_text = excluded.source_text, source_hash = excluded.source_hash,
        reason = excluded.reason, detail = excluded.detail, suggestion = excluded.suggestion,
        provider = excluded.provider, created_at = now();
$$;

-- What people wrote in the shop's columns serves other texts, too. In a transaction of its own:
-- memory rows are shared by entities, a shop's transaction must not meet another on them.
CREATE FUNCTION barid.learn_translations(entity_type text, entity_id text) RETURNS void
    LANGUAGE sql SECURITY DEFINER SET search_path = pg_catalog, barid, pg_temp AS $$
    SELECT barid.translation_remember_human(t.source_lang, t.target_lang, t.format, t.source_text,
                                            t.source_hash, t.text)
    FROM (SELECT x.* FROM barid.translation x
          WHERE x.entity_type = $1 AND x.entity_id = $2 AND x.origin = 'human'
            AND x.text_source_hash = x.source_hash
            AND NOT EXISTS (SELECT FROM barid.translation_memory m
                WHERE m.source_hash = x.source_hash AND m.source_lang = x.source_lang
                  AND m.target_lang = x.target_lang AND m.provider = 'human'
                  AND m.text = x.text)
          ORDER BY x.source_hash) t
$$;

-- A machine's text for the source that `source_hash` names. Answers published, suggested (beside a
-- person's stale text), human_kept or moved; and what kept it from the shop's column.
CREATE FUNCTION barid.publish_translation(
    entity_type text, entity_id text, field text, lang text, source_hash bytea, text text,
    provider text, OUT written text, OUT write_error text)
    LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, barid, pg_temp AS $$
#variable_conflict use_column
DECLARE
    here boolean := barid.note_entity(entity_type, entity_id);
    item barid.translation;
BEGIN
    written := 'moved';
    SELECT * INTO item FROM barid.translation t
    WHERE t.entity_type = publish_translation.entity_type
      AND t.entity_id = publish_translation.entity_id
      AND t.field = publish_translation.field AND t.target_lang = publish_translation.lang
    FOR UPDATE;
    IF NOT FOUND OR item.source_hash IS DISTINCT FROM publish_translation.source_hash
       OR here = false THEN
        RETURN;
    END IF;
    IF item.origin = 'human' THEN
        written := 'human_kept';
        IF item.text_source_hash IS DISTINCT FROM item.source_hash THEN
            UPDATE barid.translation t
            SET state = 'stale', suggestion = publish_translation.text,
                suggestion_hash = item.source_hash
            WHERE (t.entity_type, t.entity_id, t.field, t.target_lang)
                = (item.entity_type, item.entity_id, item.field, item.target_lang);
            -- In the same transaction: a person who empties the field a moment later closes it.
            PERFORM barid.open_review(item, 'human_text_stale',
                'the source of a person''s text has changed', publish_translation.text,
                publish_translation.provider);
            written := 'suggested';
        END IF;
        RETURN;
    END IF;
    written := 'published';
    UPDATE barid.translation t SET
        text = publish_translation.text, text_source_hash = t.source_hash,
        origin = CASE WHEN coalesce(publish_translation.provider, '') = ''
                      THEN 'memory' ELSE 'provider' END,
        provider = nullif(publish_translation.provider, ''), written_by = NULL,
        state = 'published', suggestion = NULL, suggestion_hash = NULL, write_error = NULL,
        updated_at = now()
    WHERE (t.entity_type, t.entity_id, t.field, t.target_lang)
        = (item.entity_type, item.entity_id, item.field, item.target_lang);
    UPDATE barid.translation_review r
    SET state = 'superseded', resolved_at = now(), resolved_by = 'barid'
    WHERE r.entity_type = item.entity_type AND r.entity_id = item.entity_id
      AND r.field = item.field AND r.target_lang = item.target_lang AND r.state = 'open';
    IF here THEN write_error := barid.show_translation(item); END IF;
END $$;

-- Brings a row's text to the shop's column. A review says when it could not be; so does the answer.
CREATE FUNCTION barid.show_translation(item barid.translation) RETURNS text
    LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, barid, pg_temp AS $$
DECLARE
    spot record;
BEGIN
    SELECT * INTO spot FROM barid.shown_text(item.entity_type, item.entity_id, item.field,
                                             item.target_lang);
    SELECT * INTO item FROM barid.translation t
    WHERE (t.entity_type, t.entity_id, t.field, t.target_lang)
        = (item.entity_type, item.entity_id, item.field, item.target_lang);
    IF NOT spot.writable OR spot.shown IS NOT DISTINCT FROM item.text
       OR barid.write_back(item.entity_type, item.entity_id, item.field, item.target_lang,
                           spot.shown, item.text) THEN
        UPDATE barid.translation_review r
        SET state = 'superseded', resolved_at = now(), resolved_by = 'barid'
        WHERE r.entity_type = item.entity_type AND r.entity_id = item.entity_id
          AND r.field = item.field AND r.target_lang = item.target_lang
          AND r.state = 'open' AND r.reason = 'write_back';
        RETURN NULL;
    END IF;
    SELECT * INTO item FROM barid.translation t
    WHERE (t.entity_type, t.entity_id, t.field, t.target_lang)
        = (item.entity_type, item.entity_id, item.field, item.target_lang);
    PERFORM barid.open_review(item, 'write_back', item.write_error, item.text, item.provider)
    WHERE item.source_hash IS NOT NULL;
    RETURN item.write_error;
END $$;

DROP FUNCTION barid.set_translation(text, text, text, text, text, text, text);
DROP FUNCTION barid.approve_translation(bigint, text);
DROP FUNCTION barid.reject_translation(bigint);

-- A person's text for one field. It is published at once, also in the shop's own column, and no
-- machine replaces it. `source_text` is what the person translated from; without it the newest
-- known source is meant. Returns false when the person's source is not the newest one: the text
-- is kept, as stale.
CREATE FUNCTION barid.set_translation(
    entity_type text, entity_id text, field text, lang text, text text,
    source_text text DEFAULT NULL, format text DEFAULT NULL, actor text DEFAULT NULL)
RETURNS boolean
LANGUAGE plpgsql SECURITY DEFINER
SET search_path = pg_catalog, barid, pg_temp
AS $$
#variable_conflict use_column
DECLARE
    written       barid.translation;
    wanted_format text := set_translation.format;
    here          boolean;
    from_hash     bytea;
    problem       text;
BEGIN
    IF barid.is_blank(set_translation.text) THEN
        PERFORM barid.refuse('barid.set_translation: text must not be empty',
                             'Give the translated text of the field.');
    END IF;
    IF octet_length(set_translation.text) > 1048576
        OR octet_length(set_translation.source_text) > 1048576 THEN
        RAISE EXCEPTION 'barid.set_translation: a text may have at most 1 MiB'
            USING ERRCODE = 'program_limit_exceeded';
    END IF;
    IF set_translation.lang IS NULL OR set_translation.lang NOT IN ('en', 'ar') THEN
        PERFORM barid.refuse(format('barid.set_translation: lang must be ''en'' or ''ar'', not %s',
            quote_nullable(left(set_translation.lang, 40))));
    END IF;
    IF wanted_format NOT IN ('text', 'html') THEN
        PERFORM barid.refuse(format(
            'barid.set_translation: format must be ''text'' or ''html'', not %s',
            quote_literal(left(wanted_format, 40))));
    END IF;
    IF set_translation.entity_type IS NULL OR set_translation.entity_id IS NULL
       OR set_translation.field IS NULL THEN
        PERFORM barid.refuse('barid.set_translation: entity_type, entity_id and field are needed');
    END IF;
    -- The shop's row first: it says what is current.
    here := barid.note_entity(set_translation.entity_type, set_translation.entity_id);
    IF here = false THEN
        PERFORM barid.refuse(format('barid.set_translation: %s %s is not in the attached table',
            quote_literal(set_translation.entity_type), quote_literal(set_translation.entity_id)));
    END IF;
    INSERT INTO barid.translation
        (entity_type, entity_id, field, target_lang, source_lang, format)
    VALUES (set_translation.entity_type, set_translation.entity_id, set_translation.field,
            set_translation.lang, CASE set_translation.lang WHEN 'ar' THEN 'en' ELSE 'ar' END,
            coalesce(wanted_format, 'text'))
    ON CONFLICT ON CONSTRAINT translation_pkey DO NOTHING;
    SELECT * INTO STRICT written FROM barid.translation t
    WHERE t.entity_type = set_translation.entity_type AND t.entity_id = set_translation.entity_id
      AND t.field = set_translation.field AND t.target_lang = set_translation.lang
    FOR UPDATE;

    from_hash := coalesce(
        barid.translation_source_hash(coalesce(wanted_format, written.format),
                                      set_translation.source_text),
        written.source_hash);
    UPDATE barid.translation t SET
        text = set_translation.text,
        origin = 'human',
        provider = NULL,
        written_by = left(coalesce(set_translation.actor, session_user), 256),
        format = coalesce(wanted_format, t.format),
        source_text = coalesce(t.source_text, set_translation.source_text),
        source_hash = coalesce(t.source_hash, from_hash),
        text_source_hash = from_hash,
        state = CASE WHEN from_hash IS NOT DISTINCT FROM coalesce(t.source_hash, from_hash)
                     THEN 'published' ELSE 'stale' END,
        suggestion = CASE WHEN from_hash IS DISTINCT FROM coalesce(t.source_hash, from_hash)
                          THEN t.suggestion END,
        suggestion_hash = CASE WHEN from_hash IS DISTINCT FROM coalesce(t.source_hash, from_hash)
                               THEN t.suggestion_hash END,
        updated_at = now()
    WHERE t.entity_type = written.entity_type AND t.entity_id = written.entity_id
      AND t.field = written.field AND t.target_lang = written.target_lang
    RETURNING * INTO written;

    IF written.state = 'published' THEN
        UPDATE barid.translation_review r
        SET state = 'superseded', resolved_at = now(),
            resolved_by = left(coalesce(set_translation.actor, session_user), 256)
        WHERE r.entity_type = written.entity_type AND r.entity_id = written.entity_id
          AND r.field = written.field AND r.target_lang = written.target_lang
          AND r.state = 'open';
    END IF;
    IF here THEN problem := barid.show_translation(written); END IF;
    IF problem IS NOT NULL THEN
        RAISE EXCEPTION 'barid.set_translation: the table''s column can''t take the text: %', problem
            USING ERRCODE = '22023';
    END IF;
    IF written.state = 'published' THEN
        PERFORM barid.translation_remember_human(written.source_lang, written.target_lang,
            written.format, written.source_text, written.source_hash, written.text);
    END IF;
    RETURN written.state = 'published';
END
$$;

-- Publishes a review's suggestion, or the person's correction of it, as a person's text.
-- Returns false when the source has moved on since: the review is closed, nothing is published.
CREATE FUNCTION barid.approve_translation(review_id bigint, text text DEFAULT NULL,
                                          actor text DEFAULT NULL)
RETURNS boolean
LANGUAGE plpgsql SECURITY DEFINER
SET search_path = pg_catalog, barid, pg_temp
AS $$
#variable_conflict use_column
DECLARE
    review       barid.translation_review;
    current_hash bytea;
    final_text   text;
    here         boolean;
    who          text := left(coalesce(approve_translation.actor, session_user), 256);
BEGIN
    SELECT * INTO review FROM barid.translation_review r WHERE r.id = approve_translation.review_id;
    IF NOT FOUND THEN
        RAISE EXCEPTION 'barid.approve_translation: there is no review %',
            approve_translation.review_id USING ERRCODE = 'no_data_found';
    END IF;
    IF review.state = 'open' THEN
        here := barid.note_entity(review.entity_type, review.entity_id);
        IF here = false THEN
            PERFORM barid.forget_rows(review.entity_type, ARRAY[review.entity_id]);
            RETURN false;
        END IF;
    END IF;
    -- The translation is locked before its review, as the worker and set_translation do.
    SELECT t.source_hash INTO current_hash FROM barid.translation t
    WHERE t.entity_type = review.entity_type AND t.entity_id = review.entity_id
      AND t.field = review.field AND t.target_lang = review.target_lang
    FOR UPDATE;
    SELECT * INTO review FROM barid.translation_review r WHERE r.id = approve_translation.review_id
    FOR UPDATE;
    -- Superseded just now, by what the shop's row says: nothing to approve any more.
    IF review.state = 'superseded' AND review.resolved_at = now() THEN RETURN false; END IF;
    IF review.state <> 'open' THEN
        RAISE EXCEPTION 'barid.approve_translation: review % is % already', review.id, review.state
            USING ERRCODE = 'object_not_in_prerequisite_state';
    END IF;
    final_text := coalesce(approve_translation.text, review.suggestion);
    IF final_text IS NULL THEN
        PERFORM barid.refuse(format('barid.approve_translation: review %s has no suggestion',
                                    review.id),
                             'Give the text: barid.approve_translation(id, text).');
    END IF;
    IF current_hash IS DISTINCT FROM review.source_hash THEN
        UPDATE barid.translation_review r
        SET state = 'superseded', resolved_at = now(), resolved_by = who
        WHERE r.id = review.id;
        RETURN false;
    END IF;
    UPDATE barid.translation_review r
    SET state = 'approved', resolved_at = now(), resolved_by = who
    WHERE r.id = review.id;
    RETURN barid.set_translation(review.entity_type, review.entity_id, review.field,
                                 review.target_lang, final_text, actor => who);
END
$$;

-- Closes a review without publishing anything. The same source is not proposed again. False when
-- it is not open (any more).
CREATE FUNCTION barid.reject_translation(review_id bigint, reason text DEFAULT NULL,
                                         actor text DEFAULT NULL) RETURNS boolean
LANGUAGE plpgsql SECURITY DEFINER
SET search_path = pg_catalog, barid, pg_temp
AS $$
BEGIN
    IF length(reject_translation.reason) > 2000 THEN
        PERFORM barid.refuse('barid.reject_translation: reason may have at most 2,000 characters');
    END IF;
    UPDATE barid.translation_review r
    SET state = 'rejected', resolved_at = now(), note = reject_translation.reason,
        resolved_by = left(coalesce(reject_translation.actor, session_user), 256)
    WHERE r.id = reject_translation.review_id AND r.state = 'open';
    RETURN FOUND;
END
$$;

-- Publishes the suggestions of up to `max` open reviews, the oldest first. Answers how many. One
-- whose source has moved on is closed instead; one whose column refuses the text stays open.
CREATE FUNCTION barid.accept_translations(reason text, lang text DEFAULT NULL,
    entity_type text DEFAULT NULL, max int DEFAULT 100, actor text DEFAULT NULL) RETURNS int
LANGUAGE plpgsql SECURITY DEFINER
SET search_path = pg_catalog, barid, pg_temp
AS $$
#variable_conflict use_column
DECLARE
    review   bigint;
    accepted int := 0;
BEGIN
    IF accept_translations.reason IS NULL THEN
        PERFORM barid.refuse('barid.accept_translations: say which reason',
            'The reasons: SELECT reason, count(*) FROM barid.translation_reviews GROUP BY 1.');
    END IF;
    IF max IS NULL OR max NOT BETWEEN 1 AND 1000 THEN
        PERFORM barid.refuse('barid.accept_translations: max must be 1 to 1,000');
    END IF;
    FOR review IN
        SELECT r.id FROM barid.translation_review r
        WHERE r.state = 'open' AND r.suggestion IS NOT NULL
          AND r.reason = accept_translations.reason
          AND (accept_translations.lang IS NULL OR r.target_lang = accept_translations.lang)
          AND (accept_translations.entity_type IS NULL
               OR r.entity_type = accept_translations.entity_type)
        ORDER BY r.id LIMIT accept_translations.max
    LOOP
        BEGIN
            IF barid.approve_translation(review, actor => accept_translations.actor) THEN
                accepted := accepted + 1;
            END IF;
        EXCEPTION WHEN invalid_parameter_value OR object_not_in_prerequisite_state THEN
            NULL;
        END;
    END LOOP;
    RETURN accepted;
END
$$;

DROP VIEW barid.translation_reviews;
CREATE VIEW barid.translation_reviews AS
    SELECT r.id, r.entity_type, r.entity_id, r.field, r.source_lang, r.target_lang AS lang,
           r.format, r.source_text, r.reason, r.detail, r.suggestion, r.provider, r.state,
           r.created_at, r.resolved_at, r.resolved_by, r.note,
           t.text AS current_text, t.origin AS current_origin,
           coalesce(r.source_hash IS DISTINCT FROM t.source_hash, true) AS outdated
    FROM barid.translation_review r
    LEFT JOIN barid.translation t
      ON t.entity_type = r.entity_type AND t.entity_id = r.entity_id AND t.field = r.field
     AND t.target_lang = r.target_lang;

-- Everything about one entity's texts, a line per field.
CREATE FUNCTION barid.translation_status(entity_type text, entity_id text)
    RETURNS TABLE (field text, source_lang text, lang text, state text, origin text, provider text,
                   written_by text, source_text text, text text, suggestion text, review_id bigint,
                   review_reason text, write_error text, job_id bigint, updated_at timestamptz)
    LANGUAGE sql STABLE SECURITY DEFINER SET search_path = pg_catalog, barid, pg_temp AS $$
    SELECT t.field, t.source_lang, t.target_lang, t.state, t.origin, t.provider, t.written_by,
           t.source_text, t.text, t.suggestion, r.id, r.reason, t.write_error,
           (SELECT min(j.id) FROM barid.job j
            WHERE j.unique_key = 'translate:' || t.entity_type || ':' || t.entity_id
              AND j.queue = coalesce(a.queue, 'default')), t.updated_at
    FROM barid.translation t
    LEFT JOIN barid.auto_translation a ON a.entity_type = t.entity_type
    LEFT JOIN barid.translation_review r
      ON r.entity_type = t.entity_type AND r.entity_id = t.entity_id AND r.field = t.field
     AND r.target_lang = t.target_lang AND r.state = 'open'
    WHERE t.entity_type = $1 AND t.entity_id = $2
    ORDER BY t.field, t.target_lang
$$;

-- Counts of all entities, by field and language.
CREATE VIEW barid.translation_counts AS
    SELECT t.entity_type, t.field, t.target_lang AS lang, count(*) AS entities,
           count(*) FILTER (WHERE t.state = 'published') AS published,
           count(*) FILTER (WHERE t.state = 'published' AND t.origin = 'human') AS human,
           count(*) FILTER (WHERE t.state = 'stale') AS stale,
           count(*) FILTER (WHERE t.state = 'pending') AS pending,
           count(*) FILTER (WHERE t.state = 'review') AS review,
           count(*) FILTER (WHERE t.write_error IS NOT NULL) AS not_written
    FROM barid.translation t GROUP BY 1, 2, 3;

--------------------------------------------------------------------------------------------------
-- Attaching.

-- The columns of a table, by name; texts of every kind that is only a text.
CREATE FUNCTION barid.table_columns(relation regclass)
    RETURNS TABLE (name text, type text, is_text boolean, is_id boolean, required boolean)
    LANGUAGE sql STABLE SET search_path = pg_catalog, barid, pg_temp AS $$
    SELECT a.attname::text, format_type(a.atttypid, -1),
           a.atttypid IN ('text'::regtype, 'varchar'::regtype, 'bpchar'::regtype),
           a.atttypid IN ('text'::regtype, 'varchar'::regtype, 'bpchar'::regtype,
                          'int2'::regtype, 'int4'::regtype, 'int8'::regtype, 'uuid'::regtype),
           a.attnotnull
    FROM pg_attribute a
    WHERE a.attrelid = relation AND a.attnum > 0 AND NOT a.attisdropped AND a.attgenerated = ''
$$;

CREATE FUNCTION barid.text_column(relation regclass, name text, what text) RETURNS text
    LANGUAGE plpgsql STABLE SET search_path = pg_catalog, barid, pg_temp AS $$
#variable_conflict use_variable
DECLARE
    col record;
BEGIN
    IF name IS NULL THEN RETURN NULL; END IF;
    SELECT * INTO col FROM barid.table_columns(relation) c WHERE c.name = name;
    IF col IS NULL THEN
        PERFORM barid.refuse(format('barid.auto_translate: %s: %s has no column %I', what, relation,
                                    name),
                             'Names are taken as they are, capitals included.');
    END IF;
    IF NOT col.is_text THEN
        PERFORM barid.refuse(format('barid.auto_translate: %s: column %I is %s, not a text', what,
                                    name, col.type));
    END IF;
    RETURN name;
END $$;

-- nameAr or name_ar, whichever the table has.
CREATE FUNCTION barid.sibling_column(relation regclass, name text, lang text) RETURNS text
    LANGUAGE sql STABLE SET search_path = pg_catalog, barid, pg_temp AS $$
    SELECT c.name FROM barid.table_columns(relation) c
    WHERE c.name IN (sibling_column.name || '_' || lang, sibling_column.name || initcap(lang),
                     sibling_column.name || '_' || upper(lang))
    ORDER BY c.name = sibling_column.name || '_' || lang DESC, c.name LIMIT 1
$$;

-- One field's columns: what is the source, what is written to.
CREATE FUNCTION barid.plan_field(relation regclass, field text, source text, source_column text,
                                 format text, target jsonb, write_back text) RETURNS jsonb
    LANGUAGE plpgsql STABLE SET search_path = pg_catalog, barid, pg_temp AS $$
#variable_conflict use_variable
DECLARE
    base    text;
    en      text;
    ar      text;
    spoken  text := source;
    what    text := format('field %s', field);
BEGIN
    IF length(field) NOT BETWEEN 1 AND 128 THEN
        PERFORM barid.refuse('barid.auto_translate: a field''s name has 1 to 128 characters');
    END IF;
    IF format NOT IN ('text', 'html') THEN
        PERFORM barid.refuse(format('barid.auto_translate: %s: the format is text or html, not %s',
                                    what, quote_literal(format)));
    END IF;
    IF jsonb_typeof(coalesce(target, '{}')) <> 'object'
       OR EXISTS (SELECT FROM jsonb_each(coalesce(target, '{}')) e
                  WHERE e.key NOT IN ('en', 'ar') OR jsonb_typeof(e.value) <> 'string') THEN
        PERFORM barid.refuse(format('barid.auto_translate: %s: its targets are an object of columns'
                                    ' by language', what), 'For example {"name": {"ar": "nameAr"}}.');
    END IF;
    SELECT c.name INTO base FROM barid.table_columns(relation) c WHERE c.name = field;
    base := barid.text_column(relation, base, what);
    IF write_back <> 'table' THEN
        en := barid.text_column(relation, coalesce(target ->> 'en',
            CASE WHEN write_back <> 'none' OR base IS NULL
                 THEN barid.sibling_column(relation, field, 'en') END), what);
        ar := barid.text_column(relation, coalesce(target ->> 'ar',
            CASE WHEN write_back <> 'none' OR base IS NULL
                 THEN barid.sibling_column(relation, field, 'ar') END), what);
    END IF;
    IF base IS NULL AND en IS NULL AND ar IS NULL THEN
        PERFORM barid.refuse(format('barid.auto_translate: %s has no column %I, and none of it in '
                                    'either language', relation, field),
                             'Names are taken as they are, capitals included.');
    END IF;
    IF source_column IS NOT NULL THEN
        IF base IS NULL OR write_back = 'columns' AND en IS NULL AND ar IS NULL THEN
            PERFORM barid.refuse(format('barid.auto_translate: %s: with a column for the language '
                'there must be the text itself and a column for its translation', what));
        END IF;
        spoken := 'column';
    ELSIF source = 'auto' THEN
        spoken := CASE WHEN base IS NULL AND en IS NOT NULL AND ar IS NOT NULL THEN 'pair'
                       WHEN base IS NULL THEN NULL
                       WHEN en IS NULL AND ar IS NOT NULL THEN 'en'
                       WHEN ar IS NULL AND en IS NOT NULL THEN 'ar' END;
        IF spoken IS NULL THEN
            PERFORM barid.refuse(format('barid.auto_translate: %s: the columns don''t tell which '
                'language is translated', what),
                'Say source => ''en'' or ''ar'', or source_column => a column that tells it.');
        END IF;
    END IF;
    IF spoken = 'en' THEN
        en := coalesce(base, en);
    ELSIF spoken = 'ar' THEN
        ar := coalesce(base, ar);
    END IF;
    IF spoken = 'en' AND en IS NULL OR spoken = 'ar' AND ar IS NULL THEN
        PERFORM barid.refuse(format('barid.auto_translate: %s: there is no column with the text in '
                                    'its source language', what));
    END IF;
    IF write_back = 'columns' AND (spoken = 'en' AND ar IS NULL OR spoken = 'ar' AND en IS NULL
                                   OR en = ar) THEN
        PERFORM barid.refuse(format('barid.auto_translate: %s: there is no column for its '
            'translation', what),
            'Add one such as name_ar, name it in targets, or say write_back => ''none'' and read '
            || 'barid.translations.');
    END IF;
    RETURN jsonb_build_object('field', field, 'format', format, 'source', spoken, 'base', base,
        'en', en, 'ar', ar,
        'write_en', CASE write_back WHEN 'none' THEN false WHEN 'table' THEN spoken <> 'en'
                    ELSE spoken <> 'en' AND en IS NOT NULL END,
        'write_ar', CASE write_back WHEN 'none' THEN false WHEN 'table' THEN spoken <> 'ar'
                    ELSE spoken <> 'ar' AND ar IS NOT NULL END);
END $$;

-- `x.column::text`, or NULL.
CREATE FUNCTION barid.column_of(name text) RETURNS text
    LANGUAGE sql IMMUTABLE SET search_path = pg_catalog, pg_temp AS $$
    SELECT CASE WHEN name IS NULL THEN 'NULL::text' ELSE format('x.%I::text', name) END
$$;

-- The VALUES of one row x: field, language, English, Arabic.
CREATE FUNCTION barid.field_values(fields jsonb, source_column text, id text, translations jsonb)
    RETURNS text
    LANGUAGE plpgsql IMMUTABLE SET search_path = pg_catalog, barid, pg_temp AS $$
#variable_conflict use_variable
DECLARE
    f      jsonb;
    parts  text[] := '{}';
    spoken text;
    en     text;
    ar     text;
    lang   text := format('CASE lower(left(x.%I::text, 2)) WHEN ''en'' THEN ''en'' '
                          'WHEN ''ar'' THEN ''ar'' END', coalesce(source_column, ''));
BEGIN
    FOR f IN SELECT * FROM jsonb_array_elements(fields) LOOP
        en := barid.column_of(f ->> 'en');
        ar := barid.column_of(f ->> 'ar');
        IF translations IS NOT NULL THEN
            en := barid.translation_cell(translations, f ->> 'field', 'en', id);
            ar := barid.translation_cell(translations, f ->> 'field', 'ar', id);
        END IF;
        spoken := CASE f ->> 'source' WHEN 'pair' THEN 'NULL::text' WHEN 'column' THEN lang
                  ELSE quote_literal(f ->> 'source') END;
        IF f ->> 'source' = 'column' THEN
            en := format('CASE %s WHEN ''en'' THEN x.%I::text ELSE %s END', lang, f ->> 'base', en);
            ar := format('CASE %s WHEN ''ar'' THEN x.%I::text ELSE %s END', lang, f ->> 'base', ar);
        ELSIF f ->> 'source' = 'en' THEN
            en := barid.column_of(coalesce(f ->> 'base', f ->> 'en'));
        ELSIF f ->> 'source' = 'ar' THEN
            ar := barid.column_of(coalesce(f ->> 'base', f ->> 'ar'));
        END IF;
        parts := parts || format('(%L::text, %s::text, %s, %s)', f ->> 'field', spoken, en, ar);
    END LOOP;
    RETURN 'VALUES ' || array_to_string(parts, E',\n            ');
END $$;

-- A cell of the shop's translations table, for the row x.
CREATE FUNCTION barid.translation_cell(translations jsonb, field text, lang text, id text)
    RETURNS text
    LANGUAGE sql IMMUTABLE SET search_path = pg_catalog, pg_temp AS $$
    SELECT format('(SELECT t.%I::text FROM %s t WHERE t.%I = x.%I AND t.%I::text = %L)',
                  coalesce(translations -> 'columns' ->> field, field), translations ->> 'table',
                  translations ->> 'id', id, translations ->> 'lang',
                  coalesce(translations -> 'values' ->> lang, lang))
$$;

-- The function that reads rows: those with `ids`, locked; a page; or, with size 0, how many there
-- are (as entity_id).
CREATE FUNCTION barid.rows_body(relation text, id text, id_type text, row_values text,
                                strength text, translations jsonb) RETURNS text
    LANGUAGE sql IMMUTABLE SET search_path = pg_catalog, pg_temp AS $$
    SELECT format($f$
#variable_conflict use_column
BEGIN
    IF ids IS NOT NULL THEN
        PERFORM FROM %1$s x WHERE x.%2$I = ANY (ids::%3$s[]) ORDER BY x.%2$I FOR %5$s;%6$s
        RETURN QUERY SELECT x.%2$I::text, v.* FROM %1$s x CROSS JOIN LATERAL (
            %4$s) AS v
        WHERE x.%2$I = ANY (ids::%3$s[]);
    ELSIF size = 0 THEN
        RETURN QUERY SELECT count(*)::text, NULL::text, NULL::text, NULL::text, NULL::text
        FROM %1$s x;
    ELSE
        RETURN QUERY SELECT x.%2$I::text, v.* FROM (
            SELECT * FROM %1$s y WHERE after IS NULL OR y.%2$I > after::%3$s
            ORDER BY y.%2$I LIMIT size) x CROSS JOIN LATERAL (
            %4$s) AS v
        ORDER BY x.%2$I;
    END IF;
END $f$, relation, id, id_type, row_values, strength,
        CASE WHEN translations IS NOT NULL THEN format($f$
        -- An editor who holds one of these may want the row above: never wait for them.
        PERFORM FROM %1$s t WHERE t.%2$I = ANY (ids::%3$s[]) ORDER BY t.%2$I, t.%4$I
        FOR UPDATE NOWAIT;$f$, translations ->> 'table', translations ->> 'id', id_type,
        translations ->> 'lang') ELSE '' END)
$$;

-- The function that writes one text: into a column of the row, or a row of the other table.
CREATE FUNCTION barid.write_body(relation regclass, id text, id_type text, fields jsonb,
                                 translations jsonb) RETURNS text
    LANGUAGE plpgsql STABLE SET search_path = pg_catalog, barid, pg_temp AS $$
#variable_conflict use_variable
DECLARE
    f       jsonb;
    l       text;
    col     text;
    made    text := E'\n#variable_conflict use_variable\nBEGIN\n';
    other   regclass := translations ->> 'table';
    more    text := '';
    filling text := '';
    c       record;
    name    text;
BEGIN
    -- With its schema, whatever the search path is.
    SELECT format('%I.%I', n.nspname, k.relname) INTO name
    FROM pg_class k JOIN pg_namespace n ON n.oid = k.relnamespace WHERE k.oid = relation;
    FOR f IN SELECT * FROM jsonb_array_elements(fields) LOOP
        FOREACH l IN ARRAY ARRAY['en', 'ar'] LOOP
            CONTINUE WHEN (f ->> ('write_' || l))::boolean IS NOT TRUE;
            made := made || format(E'    IF field = %L AND lang = %L THEN\n', f ->> 'field', l);
            IF translations IS NULL THEN
                col := f ->> l;
                made := made || format($f$        RETURN QUERY UPDATE %1$s x SET %2$I = %3$s
        WHERE x.%4$I = entity_id::%5$s AND x.%2$I::text IS NOT DISTINCT FROM expected
        RETURNING x.%2$I::text;
$f$, name, col, CASE WHEN (SELECT t.required FROM barid.table_columns(relation) t
                               WHERE t.name = col) THEN 'coalesce(value, '''')' ELSE 'value' END,
                    id, id_type);
            ELSE
                col := coalesce(translations -> 'columns' ->> (f ->> 'field'), f ->> 'field');
                more := '';
                filling := '';
                -- What a new row needs beside its text.
                FOR c IN SELECT t.name, t.type, t.is_text, d.adbin IS NOT NULL OR a.attidentity <> ''
                                AS provided
                         FROM barid.table_columns(other) t
                         JOIN pg_attribute a ON a.attrelid = other AND a.attname = t.name
                         LEFT JOIN pg_attrdef d ON d.adrelid = other AND d.adnum = a.attnum
                         WHERE t.required AND t.name NOT IN (col, translations ->> 'id',
                                                             translations ->> 'lang') LOOP
                    CONTINUE WHEN c.provided;
                    more := more || format(', %I', c.name);
                    filling := filling || CASE
                        WHEN c.type LIKE 'timestamp%' OR c.type = 'date' THEN ', now()'
                        WHEN c.type = 'uuid' THEN ', gen_random_uuid()'
                        WHEN c.is_text AND EXISTS (SELECT FROM jsonb_array_elements(fields) o
                            WHERE c.name = coalesce(translations -> 'columns' ->> (o ->> 'field'),
                                                    o ->> 'field')) THEN ', '''''
                        WHEN c.is_text THEN ', gen_random_uuid()::text'
                        ELSE NULL END;
                    IF filling IS NULL THEN
                        PERFORM barid.refuse(format('barid.auto_translate: a new row of %s needs a '
                            'value for %I, and nothing gives it one', other, c.name),
                            'Give the column a DEFAULT.');
                    END IF;
                END LOOP;
                made := made || format($f$        RETURN QUERY UPDATE %1$s t SET %2$I = %3$s
        WHERE t.%4$I = entity_id::%5$s AND t.%6$I::text = %7$L
          AND t.%2$I::text IS NOT DISTINCT FROM expected
        RETURNING t.%2$I::text;
        IF NOT FOUND AND expected IS NULL THEN
            RETURN QUERY INSERT INTO %1$s AS t (%4$I, %6$I, %2$I%8$s)
            VALUES (entity_id::%5$s, %7$L, value%9$s)
            ON CONFLICT DO NOTHING RETURNING t.%2$I::text;
        END IF;
$f$, translations ->> 'table', col, CASE WHEN (SELECT t.required FROM barid.table_columns(other) t
                                               WHERE t.name = col)
                                         THEN 'coalesce(value, '''')' ELSE 'value' END,
                    translations ->> 'id', id_type, translations ->> 'lang',
                    coalesce(translations -> 'values' ->> l, l), more, filling);
            END IF;
            made := made || E'        RETURN;\n    END IF;\n';
        END LOOP;
    END LOOP;
    RETURN made || 'END ';
END $$;

-- The trigger function of the table itself.
CREATE FUNCTION barid.note_body(entity_type text, id text, row_values text, watched text[])
    RETURNS text
    LANGUAGE sql IMMUTABLE SET search_path = pg_catalog, pg_temp AS $$
    SELECT format($f$
BEGIN
    IF TG_OP = 'INSERT' THEN
        PERFORM barid.note_rows(%1$L, array_agg(x.%2$I::text), array_agg(v.f), array_agg(v.l),
                                array_agg(v.en), array_agg(v.ar))
        FROM new_rows x CROSS JOIN LATERAL (
            %3$s) AS v(f, l, en, ar)
        HAVING count(*) > 0;
    ELSIF TG_OP = 'UPDATE' THEN
        PERFORM barid.note_rows(%1$L, array_agg(x.%2$I::text), array_agg(v.f), array_agg(v.l),
                                array_agg(v.en), array_agg(v.ar))
        FROM new_rows x LEFT JOIN old_rows o ON o.%2$I = x.%2$I CROSS JOIN LATERAL (
            %3$s) AS v(f, l, en, ar)
        WHERE (%4$s) IS DISTINCT FROM (%5$s) OR o.%2$I IS NULL
        HAVING count(*) > 0;
        PERFORM barid.forget_rows(%1$L, array_agg(o.%2$I::text))
        FROM old_rows o WHERE NOT EXISTS (SELECT FROM new_rows x WHERE x.%2$I = o.%2$I)
        HAVING count(*) > 0;
    ELSIF TG_OP = 'DELETE' THEN
        PERFORM barid.forget_rows(%1$L, array_agg(o.%2$I::text)) FROM old_rows o
        HAVING count(*) > 0;
    ELSE
        PERFORM barid.forget_rows(%1$L);
    END IF;
    RETURN NULL;
END $f$, entity_type, id, row_values,
        'ROW(' || (SELECT string_agg(format('x.%I', w), ', ') FROM unnest(watched) w) || ')',
        'ROW(' || (SELECT string_agg(format('o.%I', w), ', ') FROM unnest(watched) w) || ')')
$$;

-- The trigger function of the translations table: its rows' entities are noted.
CREATE FUNCTION barid.note_other_body(entity_type text, relation text, id text, other_id text,
                                      row_values text) RETURNS text
    LANGUAGE sql IMMUTABLE SET search_path = pg_catalog, pg_temp AS $$
    SELECT format(E'\nBEGIN\n' || string_agg(format($f$    IF TG_OP = '%s' THEN
        PERFORM barid.note_rows(%%1$L, array_agg(x.%%3$I::text), array_agg(v.f), array_agg(v.l),
                                array_agg(v.en), array_agg(v.ar))
        FROM %%2$s x CROSS JOIN LATERAL (
            %%5$s) AS v(f, l, en, ar)
        WHERE x.%%3$I IN (%s)
        HAVING count(*) > 0;
    END IF;
$f$, op, rows), '') || E'    RETURN NULL;\nEND ', entity_type, relation, id, other_id, row_values)
    FROM (VALUES ('INSERT', 'SELECT n.%4$I FROM new_rows n'),
                 ('UPDATE', 'SELECT n.%4$I FROM new_rows n UNION SELECT o.%4$I FROM old_rows o'),
                 ('DELETE', 'SELECT o.%4$I FROM old_rows o')) AS b(op, rows)
$$;

-- `barid_` and the table's name, made short and unique when it is long.
CREATE FUNCTION barid.attached_name(relation regclass, part text) RETURNS text
    LANGUAGE sql STABLE SET search_path = pg_catalog, pg_temp AS $$
    SELECT format('barid_%s_%s', CASE WHEN octet_length(c.relname) <= 45 THEN c.relname
                                 ELSE left(c.relname, 16) || '_' || left(md5(c.relname), 8) END, part)
    FROM pg_class c WHERE c.oid = relation
$$;

-- The four triggers of a table that call `note`.
CREATE FUNCTION barid.attach_triggers(relation regclass, note text, truncates boolean) RETURNS void
    LANGUAGE plpgsql SET search_path = pg_catalog, barid, pg_temp AS $$
DECLARE
    t record;
BEGIN
    FOR t IN SELECT * FROM (VALUES
        ('insert', 'AFTER INSERT', 'REFERENCING NEW TABLE AS new_rows'),
        ('update', 'AFTER UPDATE', 'REFERENCING OLD TABLE AS old_rows NEW TABLE AS new_rows'),
        ('delete', 'AFTER DELETE', 'REFERENCING OLD TABLE AS old_rows'),
        ('truncate', 'AFTER TRUNCATE', '')) AS v(name, event, referring)
    LOOP
        CONTINUE WHEN t.name = 'truncate' AND NOT truncates;
        EXECUTE format('CREATE TRIGGER barid_translate_%s %s ON %s %s FOR EACH STATEMENT '
                       'EXECUTE FUNCTION %s()', t.name, t.event, relation, t.referring, note);
    END LOOP;
END $$;

-- Keeps what was attached; proof of the right to do so is that the functions belong to the table's
-- owner, which nobody else can bring about.
CREATE FUNCTION barid.record_auto_translation(
    relation regclass, entity_type text, id_column text, fields jsonb, write_back text,
    translations jsonb, queue text, delay interval, actor text) RETURNS void
    LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, barid, pg_temp AS $$
#variable_conflict use_variable
DECLARE
    home text;
    name text;
    rows_function text := barid.attached_name(relation, 'rows');
    write_function text := barid.attached_name(relation, 'write');
BEGIN
    SELECT n.nspname, c.relname INTO home, name
    FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace WHERE c.oid = relation;
    IF (SELECT count(*) FROM pg_proc p JOIN pg_class c ON c.oid = relation
        WHERE p.pronamespace = c.relnamespace AND p.proowner = c.relowner AND p.prosecdef
          AND p.proname IN (rows_function, write_function)) <> 2 THEN
        RAISE EXCEPTION 'barid.auto_translate: only the owner of % attaches it', relation
            USING ERRCODE = '42501';
    END IF;
    IF EXISTS (SELECT FROM barid.auto_translation a WHERE a.entity_type = entity_type
               AND (a.table_schema, a.table_name) IS DISTINCT FROM (home, name)
               AND to_regclass(format('%I.%I', a.table_schema, a.table_name)) IS NOT NULL) THEN
        PERFORM barid.refuse(format('barid.auto_translate: the entity type %s belongs to another '
            'table', quote_literal(entity_type)), 'Give entity_type => another name.');
    END IF;
    DELETE FROM barid.auto_translation a
    WHERE a.entity_type = entity_type OR a.table_schema = home AND a.table_name = name;
    INSERT INTO barid.auto_translation (
        entity_type, table_schema, table_name, id_column, fields, write_back, translations,
        rows_function, write_function, queue, delay, attached_by)
    VALUES (entity_type, home, name, id_column, fields, write_back, translations,
            format('%I.%I', home, rows_function), format('%I.%I', home, write_function),
            queue, delay, actor);
END $$;

CREATE FUNCTION barid.drop_auto_translation(relation regclass) RETURNS boolean
    LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, barid, pg_temp AS $$
BEGIN
    -- The functions are dropped first, which takes the owner's rights.
    IF EXISTS (SELECT FROM pg_proc p JOIN pg_class c ON c.oid = relation
               WHERE p.pronamespace = c.relnamespace
                 AND p.proname = barid.attached_name(relation, 'rows')) THEN
        RAISE EXCEPTION 'call barid.stop_auto_translate' USING ERRCODE = '42501';
    END IF;
    DELETE FROM barid.auto_translation a USING pg_class c, pg_namespace n
    WHERE c.oid = relation AND n.oid = c.relnamespace AND a.table_schema = n.nspname
      AND a.table_name = c.relname;
    RETURN FOUND;
END $$;

-- Detaches the table: no more jobs, no more writing back. What was translated stays.
CREATE FUNCTION barid.stop_auto_translate(relation regclass) RETURNS boolean
    LANGUAGE plpgsql SET search_path = pg_catalog, barid, pg_temp
    SET client_min_messages = warning AS $$
DECLARE
    t    record;
    home text;
BEGIN
    SELECT quote_ident(n.nspname) INTO home FROM pg_class c
    JOIN pg_namespace n ON n.oid = c.relnamespace WHERE c.oid = relation;
    -- The triggers of this table and of its translations table call this table's functions.
    FOR t IN SELECT g.tgname, g.tgrelid::regclass AS of FROM pg_trigger g
             JOIN pg_proc p ON p.oid = g.tgfoid JOIN pg_class c ON c.oid = relation
             WHERE p.pronamespace = c.relnamespace AND NOT g.tgisinternal AND g.tgparentid = 0
               AND p.proname IN (barid.attached_name(relation, 'note'),
                                 barid.attached_name(relation, 'other'))
    LOOP
        EXECUTE format('DROP TRIGGER %I ON %s', t.tgname, t.of);
    END LOOP;
    EXECUTE format('DROP FUNCTION IF EXISTS %s.%I(), %s.%I(), %s.%I(text[], text, int), '
                   '%s.%I(text, text, text, text, text)',
                   home, barid.attached_name(relation, 'note'),
                   home, barid.attached_name(relation, 'other'),
                   home, barid.attached_name(relation, 'rows'),
                   home, barid.attached_name(relation, 'write'));
    RETURN barid.drop_auto_translation(relation);
END $$;

-- The shop's table for its translations: where, which columns.
CREATE FUNCTION barid.check_translations_table(relation regclass, id text, translations jsonb,
                                               columns text[]) RETURNS jsonb
    LANGUAGE plpgsql STABLE SET search_path = pg_catalog, barid, pg_temp AS $$
#variable_conflict use_variable
DECLARE
    other regclass;
    f     text;
BEGIN
    IF jsonb_typeof(translations) IS DISTINCT FROM 'object'
       OR EXISTS (SELECT FROM jsonb_object_keys(translations) k
                  WHERE k NOT IN ('table', 'id', 'lang', 'columns', 'values'))
       OR translations ->> 'table' IS NULL OR translations ->> 'id' IS NULL
       OR translations ->> 'lang' IS NULL THEN
        PERFORM barid.refuse('barid.auto_translate: translations says which table, and its columns '
            'for the id and the language',
            'For example {"table": "public.product_translation", "id": "product_id", "lang": '
            || '"locale"}.');
    END IF;
    other := to_regclass(translations ->> 'table');
    IF other IS NULL THEN
        PERFORM barid.refuse(format('barid.auto_translate: translations: there is no table %s',
            translations ->> 'table'),
            'Write it as in SQL, with its schema: public.product_translation or '
            || 'public."ProductTranslation".');
    END IF;
    IF (SELECT c.relowner FROM pg_class c WHERE c.oid = other)
       <> (SELECT c.relowner FROM pg_class c WHERE c.oid = relation) THEN
        PERFORM barid.refuse(format('barid.auto_translate: %s and %s have different owners', relation,
                                    other));
    END IF;
    IF (SELECT count(*) FROM barid.table_columns(other) c
        WHERE c.name IN (translations ->> 'id', translations ->> 'lang')) <> 2 THEN
        PERFORM barid.refuse(format('barid.auto_translate: translations: %s has no such columns for '
                                    'the id and the language', other));
    END IF;
    IF NOT EXISTS (
        SELECT FROM pg_index i WHERE i.indrelid = other AND i.indisunique AND i.indpred IS NULL
          AND (SELECT array_agg(a.attname::text ORDER BY a.attname) FROM pg_attribute a
               WHERE a.attrelid = other AND a.attnum = ANY (i.indkey))
            = (SELECT array_agg(n ORDER BY n) FROM unnest(ARRAY[translations ->> 'id',
                                                                translations ->> 'lang']) n)) THEN
        PERFORM barid.refuse(format('barid.auto_translate: translations: %s must have a unique index '
                                    'on the id and the language', other));
    END IF;
    FOREACH f IN ARRAY columns LOOP
        PERFORM barid.text_column(other, coalesce(translations -> 'columns' ->> f, f),
                                  'translations');
    END LOOP;
    RETURN translations || jsonb_build_object('table', (
        SELECT format('%I.%I', n.nspname, c.relname) FROM pg_class c
        JOIN pg_namespace n ON n.oid = c.relnamespace WHERE c.oid = other));
END $$;

-- From now on each change of these columns is translated. One call; another one changes it.
--   source         en | ar | auto (the columns tell), or source_column: a column with the language
--   formats        {"description": "html"}; text unless given
--   write_back     columns (name_ar or nameAr; or as `targets` says) | table (`translations`) |
--                  none (the shop reads barid.translations)
--   targets        {"name": {"ar": "nameAr"}}
--   translations   {"table": "public.product_translation", "id": "product_id", "lang": "locale",
--                  "columns": {"name": "title"}, "values": {"ar": "AR"}}
-- It runs with the caller's rights, and only the table's owner gets through.
CREATE FUNCTION barid.auto_translate(
    relation regclass, id text DEFAULT 'id', columns text[] DEFAULT NULL,
    source text DEFAULT 'auto', source_column text DEFAULT NULL, entity_type text DEFAULT NULL,
    formats jsonb DEFAULT '{}', write_back text DEFAULT NULL, targets jsonb DEFAULT '{}',
    translations jsonb DEFAULT NULL, queue text DEFAULT 'default', delay interval DEFAULT '0')
    RETURNS text
    LANGUAGE plpgsql SET search_path = pg_catalog, barid, pg_temp AS $$
#variable_conflict use_variable
DECLARE
    t          record;
    id_type    text;
    planned    jsonb := '[]';
    row_values text;
    watched    text[];
    note       text;
    other      text;
    readers    text;
    writers    text;
BEGIN
    SELECT c.oid, c.relname, c.relkind, c.relispartition, c.relowner::regrole AS owner, n.nspname,
           format('%I.%I', n.nspname, c.relname) AS name
    INTO t FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace WHERE c.oid = relation;
    IF t IS NULL OR t.relkind NOT IN ('r', 'p') OR t.relispartition THEN
        PERFORM barid.refuse(format('barid.auto_translate: %s is not a table', relation));
    END IF;
    IF NOT pg_has_role(current_user, t.owner::oid, 'USAGE') THEN
        RAISE EXCEPTION 'barid.auto_translate: only the owner of % attaches it', relation
            USING ERRCODE = '42501', HINT = format('Its owner is %s.', t.owner);
    END IF;
    IF NOT (has_schema_privilege(t.owner::oid, 'barid', 'USAGE') AND has_function_privilege(t.owner::oid,
            'barid.forget_rows(text, text[])'::regprocedure, 'EXECUTE')) THEN
        PERFORM barid.refuse(format('barid.auto_translate: %s, the owner of %s, may not use Barid',
            t.owner, relation), format('GRANT barid_producer TO %s;', t.owner));
    END IF;
    entity_type := coalesce(entity_type, t.relname);
    write_back := coalesce(write_back, CASE WHEN translations IS NULL THEN 'columns' ELSE 'table' END);
    IF write_back NOT IN ('columns', 'table', 'none')
       OR (write_back = 'table') <> (translations IS NOT NULL) THEN
        PERFORM barid.refuse('barid.auto_translate: write_back is columns, none, or table together '
                             'with translations');
    END IF;
    IF source NOT IN ('en', 'ar', 'auto') THEN
        PERFORM barid.refuse(format('barid.auto_translate: source is en, ar or auto, not %s',
                                    quote_literal(source)));
    END IF;
    IF delay < '0' OR delay > '1 day' OR coalesce(length(entity_type), 0) NOT BETWEEN 1 AND 64 THEN
        PERFORM barid.refuse('barid.auto_translate: delay is 0 to 1 day, entity_type has 1 to 64 '
                             'characters');
    END IF;
    IF coalesce(cardinality(columns), 0) NOT BETWEEN 1 AND 32
       OR (SELECT count(DISTINCT c) FROM unnest(columns) c) <> cardinality(columns) THEN
        PERFORM barid.refuse('barid.auto_translate: name 1 to 32 different columns',
                             'For example columns => ''{name,description}''.');
    END IF;
    IF EXISTS (SELECT FROM jsonb_object_keys(formats || targets) k WHERE k <> ALL (columns)) THEN
        PERFORM barid.refuse('barid.auto_translate: formats or targets name a column that is not '
                             'among columns');
    END IF;
    SELECT c.type INTO id_type FROM barid.table_columns(relation) c WHERE c.name = id AND c.is_id;
    IF id_type IS NULL OR NOT EXISTS (
        SELECT FROM pg_index i JOIN pg_attribute a ON a.attrelid = i.indrelid
         AND a.attnum = i.indkey[0]
        WHERE i.indrelid = relation AND i.indisunique AND i.indpred IS NULL AND i.indnkeyatts = 1
          AND a.attname = id) THEN
        PERFORM barid.refuse(format('barid.auto_translate: %I is not an integer, uuid or text column '
            'of %s with a unique index', id, relation), 'Say id => the primary key''s column.');
    END IF;
    IF source_column IS NOT NULL AND NOT EXISTS (
        SELECT FROM barid.table_columns(relation) c WHERE c.name = source_column) THEN
        PERFORM barid.refuse(format('barid.auto_translate: %s has no column %I', relation,
                                    source_column));
    END IF;
    IF write_back = 'table' THEN
        translations := barid.check_translations_table(relation, id, translations, columns);
    END IF;
    SELECT jsonb_agg(barid.plan_field(relation, c.name, source, source_column,
                                      coalesce(formats ->> c.name, 'text'), targets -> c.name,
                                      write_back) ORDER BY c.n)
    INTO planned FROM unnest(columns) WITH ORDINALITY AS c(name, n);
    row_values := barid.field_values(planned, source_column, id, translations);
    SELECT array_agg(DISTINCT c) INTO watched FROM (
        SELECT jsonb_array_elements(planned) ->> k AS c FROM unnest(ARRAY['base', 'en', 'ar']) k
        UNION SELECT source_column) w WHERE c IS NOT NULL;

    PERFORM barid.stop_auto_translate(relation);
    note := format('%I.%I', t.nspname, barid.attached_name(relation, 'note'));
    other := format('%I.%I', t.nspname, barid.attached_name(relation, 'other'));
    readers := format('%I.%I', t.nspname, barid.attached_name(relation, 'rows'));
    writers := format('%I.%I', t.nspname, barid.attached_name(relation, 'write'));
    EXECUTE format('CREATE FUNCTION %s() RETURNS trigger LANGUAGE plpgsql SECURITY DEFINER '
                   'SET search_path = pg_catalog, pg_temp AS %L', note,
                   barid.note_body(entity_type, id, row_values, watched));
    EXECUTE format('CREATE FUNCTION %s(ids text[], after text, size int) RETURNS TABLE '
                   '(entity_id text, field text, lang text, en text, ar text) LANGUAGE plpgsql '
                   'SECURITY DEFINER SET search_path = pg_catalog, pg_temp AS %L', readers,
                   barid.rows_body(t.name, id, id_type, row_values,
                                   CASE WHEN translations IS NULL THEN 'NO KEY UPDATE OF x'
                                        ELSE 'UPDATE OF x' END, translations));
    EXECUTE format('CREATE FUNCTION %s(entity_id text, field text, lang text, expected text, '
                   'value text) RETURNS TABLE (stored text) LANGUAGE plpgsql SECURITY DEFINER '
                   'SET search_path = pg_catalog, pg_temp AS %L', writers,
                   barid.write_body(relation, id, id_type, planned, translations));
    PERFORM barid.hand_over(t.owner::oid, note || '()', readers || '(text[], text, int)',
                            writers || '(text, text, text, text, text)');
    PERFORM barid.attach_triggers(relation, note, true);
    IF write_back = 'table' THEN
        EXECUTE format('CREATE FUNCTION %s() RETURNS trigger LANGUAGE plpgsql SECURITY DEFINER '
                       'SET search_path = pg_catalog, pg_temp AS %L', other,
                       barid.note_other_body(entity_type, t.name, id, translations ->> 'id',
                                             row_values));
        PERFORM barid.hand_over(t.owner::oid, other || '()');
        PERFORM barid.attach_triggers((translations ->> 'table')::regclass, other, false);
    END IF;
    PERFORM barid.record_auto_translation(relation, entity_type, id, planned, write_back,
                                          translations, queue, delay, current_user);
    RETURN entity_type;
END $$;

-- Functions of the table's owner that barid_shop may call.
CREATE FUNCTION barid.hand_over(owner oid, VARIADIC functions text[]) RETURNS void
    LANGUAGE plpgsql SET search_path = pg_catalog, barid, pg_temp AS $$
DECLARE
    f    text;
    home text;
BEGIN
    FOREACH f IN ARRAY functions LOOP
        SELECT n.nspname INTO home FROM pg_proc p JOIN pg_namespace n ON n.oid = p.pronamespace
        WHERE p.oid = f::regprocedure;
        IF NOT has_schema_privilege('barid_shop', home, 'USAGE') THEN
            EXECUTE format('GRANT USAGE ON SCHEMA %I TO barid_shop', home);
        END IF;
        EXECUTE format('REVOKE ALL ON FUNCTION %s FROM PUBLIC', f);
        EXECUTE format('GRANT EXECUTE ON FUNCTION %s TO barid_shop', f);
        EXECUTE format('ALTER FUNCTION %s OWNER TO %s', f, owner::regrole);
    END LOOP;
END $$;

--------------------------------------------------------------------------------------------------
-- Whole catalogues.

CREATE TABLE barid.translation_backfill (
    id          bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    entity_type text NOT NULL,
    state       text NOT NULL DEFAULT 'running'
                CHECK (state IN ('running', 'paused', 'cancelled', 'done', 'failed')),
    ahead       int NOT NULL CHECK (ahead BETWEEN 1 AND 10000),
    queue       text NOT NULL,
    job_id      bigint,
    -- The last entity that has been looked at; NULL: none yet.
    cursor      text,
    exhausted   boolean NOT NULL DEFAULT false,
    total       bigint NOT NULL,
    seen        bigint NOT NULL DEFAULT 0,
    enqueued    bigint NOT NULL DEFAULT 0,
    error       text,
    actor       text NOT NULL,
    changed_by  text NOT NULL,
    started_at  timestamptz NOT NULL DEFAULT now(),
    -- Seconds of work before the last pause, and when work went on after it.
    worked      double precision NOT NULL DEFAULT 0,
    resumed_at  timestamptz NOT NULL DEFAULT now(),
    finished_at timestamptz
);
CREATE UNIQUE INDEX translation_backfill_one ON barid.translation_backfill (entity_type)
    WHERE state IN ('running', 'paused');
-- Its jobs that may still be under way: never more than `ahead`.
CREATE TABLE barid.translation_backfill_job (
    backfill_id bigint NOT NULL REFERENCES barid.translation_backfill ON DELETE CASCADE,
    job_id      bigint NOT NULL,
    PRIMARY KEY (backfill_id, job_id)
);

-- By its entity type, or by its table's name with or without the schema.
CREATE FUNCTION barid.find_attached(name text) RETURNS barid.auto_translation
    LANGUAGE plpgsql STABLE SECURITY DEFINER SET search_path = pg_catalog, barid, pg_temp AS $$
#variable_conflict use_variable
DECLARE
    attached barid.auto_translation;
BEGIN
    SELECT a.* INTO attached FROM barid.auto_translation a
    WHERE name IN (a.entity_type, a.table_name, format('%I', a.table_name),
                   a.table_schema || '.' || a.table_name, format('%I.%I', a.table_schema, a.table_name))
    ORDER BY a.entity_type = name DESC, a.table_schema = 'public' DESC, a.entity_type LIMIT 1;
    IF NOT FOUND THEN
        PERFORM barid.refuse(format('no table %s is attached', quote_nullable(left(name, 100))),
            'Attach it: SELECT barid.auto_translate(''product'', columns => ''{name}''); '
            || 'barid.auto_translations lists what is attached.');
    END IF;
    RETURN attached;
END $$;

-- Fields of a page of rows that need a job, and those that don't. Read without locks: a job looks
-- again. `rank` counts the page's rows in their order.
CREATE FUNCTION barid.backfill_page(attached barid.auto_translation, after text, size int)
    RETURNS TABLE (rank bigint, entity_id text, field text, source text, source_hash bytea,
                   target text, due boolean, human boolean)
    LANGUAGE plpgsql STABLE SECURITY DEFINER SET search_path = pg_catalog, barid, pg_temp
    -- By the index, also before the tables have been analyzed.
    SET enable_seqscan = off SET enable_mergejoin = off AS $$
#variable_conflict use_column
DECLARE
    ids text[];
    fields text[];
    langs text[];
    en text[];
    ar text[];
BEGIN
    SELECT array_agg(r.entity_id ORDER BY r.n), array_agg(r.field ORDER BY r.n),
           array_agg(r.lang ORDER BY r.n), array_agg(r.en ORDER BY r.n), array_agg(r.ar ORDER BY r.n)
    INTO ids, fields, langs, en, ar
    FROM barid.shop_rows(attached.entity_type, NULL, after, size) WITH ORDINALITY
         AS r(entity_id, field, lang, en, ar, n);
    RETURN QUERY
    SELECT o.rank, o.id, j.field, j.source, j.source_hash, j.target,
           j.id IS NOT NULL AND (
               t.entity_id IS NULL OR t.source_hash IS DISTINCT FROM j.source_hash OR j.turned
               OR barid.was_edited(j.shown_hash, t.shown_hash, t.text)
               OR j.source_hash IS NOT NULL AND (
                   t.text IS NOT NULL AND (t.shown_hash IS NULL OR t.write_error IS NOT NULL)
                      AND j.shown_hash IS DISTINCT FROM '\x'
                   OR t.text_source_hash IS DISTINCT FROM t.source_hash
                      AND t.suggestion_hash IS DISTINCT FROM t.source_hash
                      AND NOT EXISTS (SELECT FROM barid.translation_review r
                          WHERE r.entity_type = t.entity_type AND r.entity_id = t.entity_id
                            AND r.field = t.field AND r.target_lang = t.target_lang
                            AND r.source_hash = t.source_hash
                            AND (r.state = 'rejected'
                                 OR r.state = 'open' AND r.reason <> 'no_provider')))),
           coalesce(t.origin = 'human', false) OR t.entity_id IS NULL AND j.shown IS NOT NULL
    FROM (SELECT i.id, min(i.n) AS rank FROM unnest(ids) WITH ORDINALITY AS i(id, n) GROUP BY 1) o
    LEFT JOIN barid.judge_rows(attached, ids, fields, langs, en, ar) j ON j.id = o.id
    LEFT JOIN LATERAL (
        SELECT x.* FROM barid.translation x
        WHERE x.entity_type = attached.entity_type AND x.entity_id = j.id AND x.field = j.field
          AND x.target_lang = j.target OFFSET 0) t ON true
    ORDER BY o.rank, j.field;
END $$;

-- What a backfill would do. `characters`: of texts that the memory has not as a whole; the same
-- text in two rows counts once.
CREATE FUNCTION barid.translate_backfill_preview(name text, OUT entity_type text, OUT rows bigint,
    OUT due bigint, OUT fields bigint, OUT human bigint, OUT known bigint, OUT characters bigint)
    LANGUAGE plpgsql STABLE SECURITY DEFINER SET search_path = pg_catalog, barid, pg_temp AS $$
#variable_conflict use_variable
DECLARE
    attached barid.auto_translation := barid.find_attached(name);
    after    text;
    page     record;
    hashes   bytea[] := '{}';
BEGIN
    entity_type := attached.entity_type;
    rows := 0; due := 0; fields := 0; human := 0; known := 0; characters := 0;
    LOOP
        WITH p AS MATERIALIZED (SELECT * FROM barid.backfill_page(attached, after, 1000)),
        texts AS (
            SELECT DISTINCT ON (p.source_hash, p.target) p.source, p.source_hash, EXISTS (
                SELECT FROM barid.translation_memory m
                WHERE m.source_hash = p.source_hash AND m.target_lang = p.target) AS known
            FROM p WHERE p.due AND NOT p.human AND p.source_hash IS NOT NULL
              AND p.source_hash <> ALL (hashes))
        SELECT (SELECT count(DISTINCT p.rank) FROM p) AS rows,
               (SELECT count(DISTINCT p.rank) FROM p WHERE p.due) AS due,
               (SELECT count(*) FROM p WHERE p.due) AS fields,
               (SELECT count(*) FROM p WHERE p.human) AS human,
               (SELECT p.entity_id FROM p ORDER BY p.rank DESC LIMIT 1) AS last,
               (SELECT count(*) FROM texts t WHERE t.known) AS known,
               (SELECT coalesce(sum(length(t.source)), 0) FROM texts t WHERE NOT t.known) AS characters,
               (SELECT array_agg(t.source_hash) FROM texts t) AS hashes
        INTO page;
        EXIT WHEN page.rows = 0;
        rows := rows + page.rows;
        due := due + page.due;
        fields := fields + page.fields;
        human := human + page.human;
        known := known + page.known;
        characters := characters + page.characters;
        IF cardinality(hashes) < 20000 THEN hashes := hashes || page.hashes; END IF;
        after := page.last;
    END LOOP;
END $$;

-- Translates what is not current in a whole attached table. While one runs or rests, another call
-- gives the same one (and wakes it when its job is gone).
CREATE FUNCTION barid.translate_backfill(name text, ahead int DEFAULT 200, queue text DEFAULT NULL,
                                         actor text DEFAULT session_user) RETURNS bigint
    LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, barid, pg_temp AS $$
#variable_conflict use_variable
DECLARE
    attached barid.auto_translation := barid.find_attached(name);
    known    barid.translation_backfill;
    total    bigint;
BEGIN
    IF ahead IS NULL OR ahead NOT BETWEEN 1 AND 10000 THEN
        PERFORM barid.refuse('barid.translate_backfill: ahead is 1 to 10,000 jobs');
    END IF;
    actor := left(coalesce(actor, session_user), 256);
    SELECT r.entity_id::bigint INTO total
    FROM barid.shop_rows(attached.entity_type, NULL, NULL, 0) r;
    INSERT INTO barid.translation_backfill AS b (entity_type, ahead, queue, total, actor, changed_by)
    VALUES (attached.entity_type, ahead, coalesce(queue, attached.queue), total, actor, actor)
    ON CONFLICT (entity_type) WHERE state IN ('running', 'paused') DO NOTHING;
    SELECT b.* INTO STRICT known FROM barid.translation_backfill b
    WHERE b.entity_type = attached.entity_type AND b.state IN ('running', 'paused') FOR UPDATE;
    IF known.state = 'running'
       AND NOT EXISTS (SELECT FROM barid.job j WHERE j.id = known.job_id) THEN
        PERFORM barid.drive_backfill(known.id);
    END IF;
    RETURN known.id;
END $$;

-- A job that does it, in place of an earlier one.
CREATE FUNCTION barid.drive_backfill(id bigint) RETURNS void
    LANGUAGE sql SECURITY DEFINER SET search_path = pg_catalog, barid, pg_temp AS $$
    UPDATE barid.translation_backfill b
    SET job_id = barid.enqueue('translate.backfill', jsonb_build_object('backfill', b.id),
                               queue => b.queue, priority => 8, max_attempts => 1000)
    WHERE b.id = drive_backfill.id
$$;

CREATE FUNCTION barid.translate_backfill_set(id bigint, state text, actor text DEFAULT session_user)
    RETURNS text
    LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, barid, pg_temp AS $$
#variable_conflict use_variable
DECLARE
    b barid.translation_backfill;
BEGIN
    IF state NOT IN ('running', 'paused', 'cancelled') THEN
        PERFORM barid.refuse('a backfill is set running, paused or cancelled');
    END IF;
    SELECT x.* INTO b FROM barid.translation_backfill x WHERE x.id = id FOR UPDATE;
    IF NOT FOUND THEN PERFORM barid.refuse(format('there is no backfill %s', id)); END IF;
    IF b.state = state OR b.state NOT IN ('running', 'paused') THEN RETURN b.state; END IF;
    UPDATE barid.translation_backfill x SET state = state,
        changed_by = left(coalesce(actor, session_user), 256),
        worked = x.worked + CASE WHEN b.state = 'running'
                            THEN extract(epoch FROM now() - x.resumed_at) ELSE 0 END,
        resumed_at = now(), finished_at = CASE WHEN state = 'cancelled' THEN now() END
    WHERE x.id = id;
    IF state = 'running' THEN PERFORM barid.drive_backfill(id); END IF;
    IF state = 'cancelled' THEN
        PERFORM barid.cancel(j.job_id, 'the backfill was cancelled')
        FROM barid.translation_backfill_job j WHERE j.backfill_id = id;
    END IF;
    RETURN state;
END $$;
CREATE FUNCTION barid.translate_backfill_pause(id bigint, actor text DEFAULT session_user)
    RETURNS text LANGUAGE sql SECURITY DEFINER SET search_path = pg_catalog, barid, pg_temp
    AS $$ SELECT barid.translate_backfill_set(id, 'paused', actor) $$;
CREATE FUNCTION barid.translate_backfill_resume(id bigint, actor text DEFAULT session_user)
    RETURNS text LANGUAGE sql SECURITY DEFINER SET search_path = pg_catalog, barid, pg_temp
    AS $$ SELECT barid.translate_backfill_set(id, 'running', actor) $$;
CREATE FUNCTION barid.translate_backfill_cancel(id bigint, actor text DEFAULT session_user)
    RETURNS text LANGUAGE sql SECURITY DEFINER SET search_path = pg_catalog, barid, pg_temp
    AS $$ SELECT barid.translate_backfill_set(id, 'cancelled', actor) $$;

CREATE VIEW barid.translation_backfills AS
    SELECT b.id, b.entity_type, b.state, b.total, b.seen, b.enqueued,
           (SELECT count(*) FROM barid.translation_backfill_job j
            JOIN barid.job x ON x.id = j.job_id WHERE j.backfill_id = b.id) AS in_flight,
           round((CASE WHEN b.total = 0 OR b.state = 'done' THEN 1
                       ELSE least(1, b.seen::numeric / b.total) END), 4) AS progress,
           CASE WHEN b.state = 'running' AND b.seen > 0 THEN
               now() + make_interval(secs => (b.worked + extract(epoch FROM now() - b.resumed_at))
                                             * greatest(0, b.total - b.seen) / b.seen) END
               AS estimated_end,
           b.ahead, b.queue, b.job_id, b.actor, b.changed_by, b.error, b.started_at, b.finished_at
    FROM barid.translation_backfill b;

-- The next rows: their jobs and the cursor in one transaction. Answers more | wait (enough jobs are
-- under way) | end | stop (paused, cancelled, or another job is in charge).
CREATE FUNCTION barid.translate_backfill_step(id bigint, job_id bigint, size int DEFAULT 500)
    RETURNS text
    LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, barid, pg_temp AS $$
#variable_conflict use_variable
DECLARE
    b        barid.translation_backfill;
    attached barid.auto_translation;
    room     bigint;
    upto     bigint;
    seen     bigint;
    last     text;
    chosen   text[];
    everything boolean;
BEGIN
    SELECT x.* INTO b FROM barid.translation_backfill x WHERE x.id = id FOR UPDATE;
    IF b.id IS NULL OR b.state <> 'running' OR b.job_id IS DISTINCT FROM job_id THEN
        RETURN 'stop';
    END IF;
    DELETE FROM barid.translation_backfill_job j
    WHERE j.backfill_id = id AND NOT EXISTS (SELECT FROM barid.job x WHERE x.id = j.job_id);
    room := b.ahead - (SELECT count(*) FROM barid.translation_backfill_job j
                       WHERE j.backfill_id = id);
    IF b.exhausted AND room = b.ahead THEN
        UPDATE barid.translation_backfill x SET state = 'done', finished_at = now()
        WHERE x.id = id;
        RETURN 'end';
    END IF;
    IF room <= 0 OR b.exhausted THEN RETURN 'wait'; END IF;
    SELECT a.* INTO attached FROM barid.auto_translation a WHERE a.entity_type = b.entity_type;
    IF NOT FOUND THEN
        UPDATE barid.translation_backfill x SET state = 'failed', finished_at = now(),
            error = 'the table is not attached any more' WHERE x.id = id;
        RETURN 'stop';
    END IF;
    WITH page AS MATERIALIZED (
        SELECT p.rank, p.entity_id, bool_or(p.due) AS due
        FROM barid.backfill_page(attached, b.cursor, size) p GROUP BY 1, 2),
    numbered AS (
        SELECT p.*, row_number() OVER (ORDER BY p.rank) AS row_no,
               count(*) FILTER (WHERE p.due) OVER (ORDER BY p.rank) AS due_no FROM page p),
    taken AS (SELECT n.* FROM numbered n WHERE n.due_no <= room)
    SELECT count(*), array_agg(t.entity_id ORDER BY t.rank) FILTER (WHERE t.due),
           (array_agg(t.entity_id ORDER BY t.rank DESC))[1],
           count(*) = (SELECT count(*) FROM page) AND (SELECT count(*) FROM page) < size
    INTO seen, chosen, last, everything FROM taken t;
    WITH jobs AS (
        INSERT INTO barid.job AS j (kind, payload, queue, priority, run_at, max_attempts, tags)
        SELECT 'translate.content', jsonb_build_object('entity_type', b.entity_type,
                   'entity_id', c.entity_id, 'attached', true),
               b.queue, 8, clock_timestamp(),
               coalesce((SELECT q.max_attempts FROM barid.queue q WHERE q.name = b.queue), 10),
               ARRAY['backfill:' || id]
        FROM unnest(chosen) WITH ORDINALITY AS c(entity_id, n)
        -- An edit's job is there already.
        WHERE NOT EXISTS (SELECT FROM barid.job w WHERE w.queue = b.queue
            AND w.unique_key = 'translate:' || b.entity_type || ':' || c.entity_id)
        ORDER BY c.n
        RETURNING j.id),
    kept AS (INSERT INTO barid.translation_backfill_job (backfill_id, job_id)
             SELECT id, j.id FROM jobs j RETURNING 1)
    UPDATE barid.translation_backfill x
    SET cursor = coalesce(last, x.cursor), seen = x.seen + seen, exhausted = everything,
        enqueued = x.enqueued + (SELECT count(*) FROM kept),
        total = greatest(x.total, x.seen + seen)
    WHERE x.id = id;
    RETURN 'more';
END $$;

CREATE FUNCTION barid.translate_backfill_fail(id bigint, job_id bigint, problem text) RETURNS void
    LANGUAGE sql SECURITY DEFINER SET search_path = pg_catalog, barid, pg_temp AS $$
    UPDATE barid.translation_backfill b
    SET state = 'failed', error = left(problem, 1000), finished_at = now()
    WHERE b.id = $1 AND b.job_id = $2 AND b.state = 'running'
$$;

--------------------------------------------------------------------------------------------------

GRANT EXECUTE ON FUNCTION
    barid.shop_rows(text, text[], text, int),
    barid.shop_write(text, text, text, text, text, text) TO CURRENT_USER;
GRANT EXECUTE ON FUNCTION
    barid.set_translation(text, text, text, text, text, text, text, text),
    barid.approve_translation(bigint, text, text),
    barid.reject_translation(bigint, text, text),
    barid.accept_translations(text, text, text, int, text) TO barid_producer, barid_operator;
GRANT EXECUTE ON FUNCTION barid.translation_status(text, text), barid.is_blank(text)
    TO barid_producer, barid_worker, barid_operator, barid_readonly;
-- What auto_translate calls runs with its caller's rights.
GRANT EXECUTE ON FUNCTION
    barid.note_rows(text, text[], text[], text[], text[], text[], boolean),
    barid.forget_rows(text, text[]), barid.table_columns(regclass),
    barid.text_column(regclass, text, text), barid.sibling_column(regclass, text, text),
    barid.plan_field(regclass, text, text, text, text, jsonb, text), barid.column_of(text),
    barid.field_values(jsonb, text, text, jsonb), barid.translation_cell(jsonb, text, text, text),
    barid.rows_body(text, text, text, text, text, jsonb),
    barid.write_body(regclass, text, text, jsonb, jsonb),
    barid.note_body(text, text, text, text[]),
    barid.note_other_body(text, text, text, text, text), barid.attached_name(regclass, text),
    barid.attach_triggers(regclass, text, boolean),
    barid.record_auto_translation(regclass, text, text, jsonb, text, jsonb, text, interval, text),
    barid.drop_auto_translation(regclass), barid.stop_auto_translate(regclass),
    barid.check_translations_table(regclass, text, jsonb, text[]),
    barid.auto_translate(regclass, text, text[], text, text, text, jsonb, text, jsonb, jsonb, text,
                         interval),
    barid.hand_over(oid, text[]), barid.refuse(text, text) TO barid_producer, barid_operator;
GRANT EXECUTE ON FUNCTION
    barid.translation_work(text, text, int), barid.learn_translations(text, text),
    barid.publish_translation(text, text, text, text, bytea, text, text),
    barid.translate_backfill_step(bigint, bigint, int),
    barid.translate_backfill_fail(bigint, bigint, text) TO barid_worker;
GRANT EXECUTE ON FUNCTION
    barid.translate_backfill_preview(text), barid.translate_backfill(text, int, text, text),
    barid.translate_backfill_set(bigint, text, text), barid.translate_backfill_pause(bigint, text),
    barid.translate_backfill_resume(bigint, text), barid.translate_backfill_cancel(bigint, text)
    TO barid_producer, barid_operator;
GRANT SELECT ON barid.auto_translations, barid.translation_reviews, barid.translation_counts,
    barid.translation_backfills TO barid_producer, barid_worker, barid_operator, barid_readonly;
