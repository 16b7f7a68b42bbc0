-- The admin's side of pictures, translations and webhooks: indexes for its lists, and the
-- functions behind what it changes.

--------------------------------------------------------------------------------------------------
-- Translation reviews.

-- Open ones, oldest first, by what they are filtered by; and all of one state.
CREATE INDEX translation_review_state ON barid.translation_review (state, id);
CREATE INDEX translation_review_reason
    ON barid.translation_review (reason, target_lang, id) WHERE state = 'open';
CREATE INDEX translation_review_type
    ON barid.translation_review (entity_type, id) WHERE state = 'open';

-- What a reviewer has seen: changes with the source, the suggestion and the state. The row of an
-- open review is used again when its source changes, so that its id alone says nothing.
CREATE FUNCTION barid.review_version(source_hash bytea, state text, suggestion text, reason text)
    RETURNS text LANGUAGE sql IMMUTABLE PARALLEL SAFE
    SET search_path = pg_catalog, pg_temp AS $$
    SELECT left(encode(sha256(source_hash || convert_to(
        concat_ws(chr(31), state, reason, md5(suggestion)), 'UTF8')), 'hex'), 32)
$$;

-- A review as the API's lists show it. `clip`: how many characters of each text; NULL: all.
CREATE FUNCTION barid.review_item(r barid.translation_review, clip int, may_review boolean)
    RETURNS jsonb LANGUAGE sql STABLE SECURITY DEFINER
    SET search_path = pg_catalog, barid, pg_temp AS $$
    SELECT jsonb_build_object(
        'id', r.id, 'entity_type', r.entity_type, 'entity_id', r.entity_id, 'field', r.field,
        'source_lang', r.source_lang, 'lang', r.target_lang, 'format', r.format,
        'reason', r.reason, 'detail', r.detail, 'state', r.state, 'provider', r.provider,
        'source_text', left(r.source_text, c.clip), 'suggestion', left(r.suggestion, c.clip),
        'current_text', left(t.text, c.clip), 'current_origin', t.origin,
        'clipped', clip IS NOT NULL AND greatest(length(r.source_text), length(r.suggestion),
                                                 length(t.text)) > clip,
        'outdated', r.source_hash IS DISTINCT FROM t.source_hash,
        'created_at', barid.admin_time(r.created_at),
        'resolved_at', barid.admin_time(r.resolved_at),
        'resolved_by', r.resolved_by, 'note', r.note,
        'version', barid.review_version(r.source_hash, r.state, r.suggestion, r.reason),
        'allowed_actions', CASE WHEN NOT may_review OR r.state <> 'open' THEN '[]'::jsonb
                                WHEN r.suggestion IS NULL THEN '["edit", "reject"]'
                                ELSE '["accept", "edit", "reject"]' END)
    FROM (SELECT coalesce(review_item.clip, 1048576) AS clip) c
    LEFT JOIN barid.translation t
      ON t.entity_type = r.entity_type AND t.entity_id = r.entity_id AND t.field = r.field
     AND t.target_lang = r.target_lang
$$;

-- A page: `newest_first` for what is done, the oldest first for what waits.
CREATE FUNCTION barid.review_page(state text, lang text, entity_type text, entity_id text,
                                  reason text, after bigint, newest_first boolean, size int,
                                  may_review boolean)
    RETURNS TABLE (item jsonb, at text)
    LANGUAGE plpgsql STABLE SECURITY DEFINER SET search_path = pg_catalog, barid, pg_temp AS $$
#variable_conflict use_variable
BEGIN
    -- With the filters in the text: a plan for each combination, by the index that fits it.
    RETURN QUERY EXECUTE
        'SELECT barid.review_item(r, 300, $1), r.id::text FROM barid.translation_review r
         WHERE true'
        || CASE WHEN state IS NOT NULL THEN format(' AND r.state = %L', state) ELSE '' END
        || CASE WHEN lang IS NOT NULL THEN ' AND r.target_lang = $2' ELSE '' END
        || CASE WHEN entity_type IS NOT NULL THEN ' AND r.entity_type = $3' ELSE '' END
        || CASE WHEN entity_id IS NOT NULL THEN ' AND r.entity_id = $4' ELSE '' END
        || CASE WHEN reason IS NOT NULL THEN ' AND r.reason = $5' ELSE '' END
        || CASE WHEN after IS NULL THEN '' WHEN newest_first THEN ' AND r.id < $6'
                ELSE ' AND r.id > $6' END
        || CASE WHEN newest_first THEN ' ORDER BY r.id DESC' ELSE ' ORDER BY r.id' END
        || ' LIMIT $7'
    USING may_review, lang, entity_type, entity_id, reason, after, size;
END $$;

-- Everything that a reviewer decides by. NULL when there is no such review.
CREATE FUNCTION barid.review_document(id bigint, may_review boolean) RETURNS jsonb
    LANGUAGE sql STABLE SECURITY DEFINER SET search_path = pg_catalog, barid, pg_temp AS $$
    SELECT barid.review_item(r, NULL, review_document.may_review) || jsonb_build_object(
        'newest_source_text', t.source_text,
        'translation_state', t.state,
        'written_by', t.written_by,
        'write_error', t.write_error,
        'attached_table', (SELECT format('%I.%I', a.table_schema, a.table_name)
                           FROM barid.auto_translation a WHERE a.entity_type = r.entity_type),
        'similar', coalesce((
            SELECT jsonb_agg(jsonb_build_object('source_text', s.source_text,
                       'text', s.translation, 'provider', s.provider,
                       'similarity', round(s.similarity::numeric, 3)))
            FROM barid.similar_translations(r.source_text, r.source_lang, r.target_lang, 5) s),
            '[]'::jsonb),
        'other_fields', coalesce((
            SELECT jsonb_agg(jsonb_build_object('field', o.field, 'lang', o.target_lang,
                       'source_lang', o.source_lang, 'source_text', left(o.source_text, 1000),
                       'text', left(o.text, 1000), 'origin', o.origin, 'state', o.state)
                       ORDER BY o.field, o.target_lang)
            FROM (SELECT x.* FROM barid.translation x
                  WHERE x.entity_type = r.entity_type AND x.entity_id = r.entity_id
                    AND (x.field, x.target_lang) <> (r.field, r.target_lang)
                  ORDER BY x.field, x.target_lang LIMIT 64) o), '[]'::jsonb))
    FROM barid.translation_review r
    LEFT JOIN barid.translation t
      ON t.entity_type = r.entity_type AND t.entity_id = r.entity_id AND t.field = r.field
     AND t.target_lang = r.target_lang
    WHERE r.id = review_document.id
$$;

-- Publishes what a person has decided on, if it is still what that person saw. `outcome`:
-- accepted, outdated (nothing is published; a review whose source has moved on is closed),
-- no_suggestion, or NULL when there is no such review. `before` and `after` are for the audit log.
CREATE FUNCTION barid.admin_accept_review(id bigint, version text, text text, actor text,
    OUT outcome text, OUT state text, OUT before jsonb, OUT after jsonb)
    LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, barid, pg_temp AS $$
#variable_conflict use_variable
DECLARE
    r    barid.translation_review;
    t    barid.translation;
    done boolean;
BEGIN
    SELECT * INTO r FROM barid.translation_review x WHERE x.id = id;
    IF NOT FOUND THEN RETURN; END IF;
    -- In this order, as everybody else: the shop's row, the translation, the review.
    IF r.state = 'open' THEN
        PERFORM barid.note_entity(r.entity_type, r.entity_id);
    END IF;
    SELECT * INTO t FROM barid.translation x
    WHERE x.entity_type = r.entity_type AND x.entity_id = r.entity_id AND x.field = r.field
      AND x.target_lang = r.target_lang FOR UPDATE;
    SELECT * INTO r FROM barid.translation_review x WHERE x.id = id FOR UPDATE;
    state := r.state;
    before := jsonb_build_object('entity', r.entity_type || ':' || r.entity_id, 'field', r.field,
        'lang', r.target_lang, 'state', r.state, 'text', t.text, 'origin', t.origin);
    IF r.state <> 'open' OR version IS DISTINCT FROM
       barid.review_version(r.source_hash, r.state, r.suggestion, r.reason) THEN
        outcome := 'outdated';
    ELSIF coalesce(text, r.suggestion) IS NULL THEN
        outcome := 'no_suggestion';
    ELSE
        done := barid.approve_translation(id, text, actor);
        SELECT x.state INTO state FROM barid.translation_review x WHERE x.id = id;
        outcome := CASE WHEN done THEN 'accepted' ELSE 'outdated' END;
        after := jsonb_build_object('entity', r.entity_type || ':' || r.entity_id,
            'field', r.field, 'lang', r.target_lang, 'state', state)
            || CASE WHEN done THEN jsonb_build_object('text', coalesce(text, r.suggestion),
                   'edited', coalesce(text <> r.suggestion, text IS NOT NULL),
                   'suggestion', r.suggestion) ELSE '{}' END;
    END IF;
END $$;

-- Publishes nothing; the same source is not proposed again. `outcome`: rejected or outdated.
CREATE FUNCTION barid.admin_reject_review(id bigint, version text, reason text, actor text,
    OUT outcome text, OUT state text, OUT before jsonb, OUT after jsonb)
    LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, barid, pg_temp AS $$
#variable_conflict use_variable
DECLARE
    r barid.translation_review;
BEGIN
    SELECT * INTO r FROM barid.translation_review x WHERE x.id = id FOR UPDATE;
    IF NOT FOUND THEN RETURN; END IF;
    state := r.state;
    before := jsonb_build_object('entity', r.entity_type || ':' || r.entity_id, 'field', r.field,
        'lang', r.target_lang, 'state', r.state, 'suggestion', r.suggestion);
    IF r.state <> 'open' OR version IS DISTINCT FROM
       barid.review_version(r.source_hash, r.state, r.suggestion, r.reason) THEN
        outcome := 'outdated';
        RETURN;
    END IF;
    PERFORM barid.reject_translation(id, reason, actor);
    outcome := 'rejected';
    state := 'rejected';
    after := before || jsonb_build_object('state', 'rejected', 'note', reason);
END $$;

-- The open reviews with a suggestion that a bulk acceptance means: the oldest up to `upper`.
CREATE FUNCTION barid.acceptable_reviews(reason text, lang text, entity_type text, upper bigint,
                                         size int) RETURNS SETOF barid.translation_review
    LANGUAGE sql STABLE SECURITY DEFINER SET search_path = pg_catalog, barid, pg_temp AS $$
    SELECT r.* FROM barid.translation_review r
    WHERE r.state = 'open' AND r.suggestion IS NOT NULL AND r.reason = $1
      AND ($2 IS NULL OR r.target_lang = $2) AND ($3 IS NULL OR r.entity_type = $3)
      AND ($4 IS NULL OR r.id <= $4)
    ORDER BY r.id LIMIT $5
$$;

-- Accepts suggestions that nobody looked at one by one. Each is a step of its own: one whose source
-- moved on is closed, one whose column refuses the text or whose row is in somebody's hands stays
-- open, and the others go on. Only what was there and unchanged at the preview: `upper` is its
-- newest id, `seen_at` its time.
CREATE FUNCTION barid.admin_accept_reviews(reason text, lang text, entity_type text, upper bigint,
                                           seen_at timestamptz, size int, actor text)
    RETURNS TABLE (id bigint, outcome text, detail text, before jsonb, after jsonb)
    LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, barid, pg_temp
    SET lock_timeout = '1s' AS $$
#variable_conflict use_variable
DECLARE
    r     barid.translation_review;
    step  record;
BEGIN
    IF size IS NULL OR size NOT BETWEEN 1 AND 200 THEN
        PERFORM barid.refuse('max must be 1 to 200');
    END IF;
    FOR r IN SELECT * FROM barid.acceptable_reviews(reason, lang, entity_type, upper, size) LOOP
        id := r.id; before := NULL; after := NULL; detail := NULL;
        IF r.created_at > seen_at THEN
            outcome := 'outdated';
            detail := 'it came or changed after the preview';
            RETURN NEXT;
            CONTINUE;
        END IF;
        BEGIN
            SELECT * INTO step FROM barid.admin_accept_review(r.id,
                barid.review_version(r.source_hash, r.state, r.suggestion, r.reason), NULL, actor);
            outcome := coalesce(step.outcome, 'outdated');
            before := step.before;
            after := step.after;
            IF outcome = 'outdated' THEN detail := 'the source has changed'; END IF;
        EXCEPTION
            WHEN invalid_parameter_value OR object_not_in_prerequisite_state THEN
                outcome := 'refused'; detail := left(SQLERRM, 500);
            WHEN lock_not_available OR deadlock_detected THEN
                outcome := 'busy'; detail := 'somebody else is changing its row';
        END;
        RETURN NEXT;
    END LOOP;
END $$;

-- Everything known about one entity's texts; NULL when there is nothing.
CREATE FUNCTION barid.entity_translations(entity_type text, entity_id text)
    RETURNS jsonb
    LANGUAGE sql STABLE SECURITY DEFINER SET search_path = pg_catalog, barid, pg_temp AS $$
    SELECT jsonb_build_object(
        'entity_type', $1, 'entity_id', $2,
        'attached', (SELECT jsonb_build_object(
                         'table', format('%I.%I', a.table_schema, a.table_name),
                         'write_back', a.write_back, 'queue', a.queue)
                     FROM barid.auto_translation a WHERE a.entity_type = $1),
        'texts', jsonb_agg(jsonb_build_object(
            'field', s.field, 'source_lang', s.source_lang, 'lang', s.lang, 'state', s.state,
            'origin', s.origin, 'provider', s.provider, 'written_by', s.written_by,
            'source_text', left(s.source_text, 4000), 'text', left(s.text, 4000),
            'suggestion', left(s.suggestion, 4000),
            'clipped', coalesce(greatest(length(s.source_text), length(s.text),
                                         length(s.suggestion)) > 4000, false),
            'review_id', s.review_id, 'review_reason', s.review_reason,
            'write_error', s.write_error, 'job_id', s.job_id,
            'updated_at', barid.admin_time(s.updated_at)) ORDER BY s.field, s.lang))
    FROM (SELECT * FROM barid.translation_status($1, $2) LIMIT 200) s
    HAVING count(*) > 0
$$;

CREATE FUNCTION barid.provider_item(p barid.translation_providers, may_review boolean)
    RETURNS jsonb LANGUAGE sql STABLE SET search_path = pg_catalog, barid, pg_temp AS $$
    SELECT jsonb_build_object('name', p.provider, 'paused', p.paused,
        'paused_until', barid.admin_time(p.paused_until), 'pause_kind', nullif(p.pause_kind, ''),
        'pause_reason', nullif(p.pause_reason, ''), 'failures', p.failures,
        'characters_today', p.characters_today, 'daily_characters', p.daily_characters,
        'allowed_actions', CASE WHEN may_review AND (p.paused OR p.pause_kind <> ''
                                                     OR p.failures > 0)
                                THEN '["resume"]'::jsonb ELSE '[]' END)
$$;

CREATE FUNCTION barid.backfill_item(b barid.translation_backfills, may_review boolean)
    RETURNS jsonb LANGUAGE sql STABLE SET search_path = pg_catalog, barid, pg_temp AS $$
    SELECT jsonb_build_object('id', b.id, 'entity_type', b.entity_type, 'state', b.state,
        'total', b.total, 'seen', b.seen, 'enqueued', b.enqueued, 'in_flight', b.in_flight,
        'progress', b.progress, 'estimated_end', barid.admin_time(b.estimated_end),
        'ahead', b.ahead, 'queue', b.queue, 'job_id', b.job_id, 'actor', b.actor,
        'changed_by', b.changed_by, 'error', b.error,
        'started_at', barid.admin_time(b.started_at),
        'finished_at', barid.admin_time(b.finished_at),
        'allowed_actions', CASE WHEN NOT may_review THEN '[]'::jsonb
            WHEN b.state = 'running' THEN '["pause", "cancel"]'
            WHEN b.state = 'paused' THEN '["resume", "cancel"]' ELSE '[]' END)
$$;

GRANT SELECT ON barid.term, barid.term_version TO barid_admin;
GRANT EXECUTE ON FUNCTION
    barid.review_page(text, text, text, text, text, bigint, boolean, int, boolean),
    barid.review_document(bigint, boolean),
    barid.review_item(barid.translation_review, int, boolean),
    barid.review_version(bytea, text, text, text),
    barid.admin_accept_review(bigint, text, text, text),
    barid.admin_reject_review(bigint, text, text, text),
    barid.acceptable_reviews(text, text, text, bigint, int),
    barid.admin_accept_reviews(text, text, text, bigint, timestamptz, int, text),
    barid.entity_translations(text, text),
    barid.provider_item(barid.translation_providers, boolean),
    barid.backfill_item(barid.translation_backfills, boolean) TO barid_admin;

--------------------------------------------------------------------------------------------------
-- Pictures.

CREATE INDEX media_set_time ON barid.media_set (created_at, id);
CREATE INDEX media_set_recipe ON barid.media_set (recipe, created_at, id);

-- Where a request's picture came from, without what may be a secret: no user's name or password,
-- no query (signatures stand there), no fragment.
CREATE FUNCTION barid.media_source(request jsonb) RETURNS jsonb
    LANGUAGE sql IMMUTABLE PARALLEL SAFE SET search_path = pg_catalog, pg_temp AS $$
    SELECT CASE
        WHEN request->'source'->>'url' IS NOT NULL THEN jsonb_build_object('kind', 'url', 'at',
            regexp_replace(regexp_replace(request->'source'->>'url', '[?#].*$', ''),
                           '^([A-Za-z][A-Za-z0-9+.-]*:[/\\]*)[^/\\]*@', '\1'))
        WHEN request->'source'->>'path' IS NOT NULL THEN
            jsonb_build_object('kind', 'path', 'at', request->'source'->>'path')
        WHEN request->'source'->>'store_key' IS NOT NULL THEN
            jsonb_build_object('kind', 'store_key', 'at', request->'source'->>'store_key')
    END
$$;

-- A file of a set. Those of a private store have addresses only where somebody can sign them.
CREATE FUNCTION barid.media_file(v barid.media_variant, private boolean) RETURNS jsonb
    LANGUAGE sql IMMUTABLE PARALLEL SAFE SET search_path = pg_catalog, pg_temp AS $$
    SELECT jsonb_build_object('width', v.width, 'height', v.height, 'format', v.format,
        'content_type', v.content_type, 'bytes', v.bytes, 'key', v.key,
        'url', CASE WHEN NOT private THEN v.url END)
$$;

CREATE FUNCTION barid.media_item(s barid.media_set, may_manage boolean) RETURNS jsonb
    LANGUAGE sql STABLE SECURITY DEFINER SET search_path = pg_catalog, barid, pg_temp AS $$
    SELECT jsonb_build_object(
        'id', s.id, 'state', s.state, 'recipe', s.recipe, 'recipe_hash', s.recipe_hash,
        'source_hash', s.source_hash, 'store', s.store, 'private', s.private,
        'source_format', s.source->>'format', 'source_width', s.source->'width',
        'source_height', s.source->'height',
        'thumbhash', s.thumbhash, 'dominant', s.dominant,
        'focal', CASE WHEN s.attention_x IS NOT NULL THEN jsonb_build_object(
            'x', round(s.attention_x::numeric, 4), 'y', round(s.attention_y::numeric, 4)) END,
        'entities', e.list, 'entities_capped', e.n > 10,
        'files', v.files, 'bytes', v.bytes,
        'preview', (SELECT barid.media_file(p, s.private) FROM barid.media_variant p
                    WHERE p.set_id = s.id AND p.format IN ('webp', 'jpeg')
                    ORDER BY p.width < 160, CASE WHEN p.width < 160 THEN -p.width ELSE p.width END,
                             p.format DESC LIMIT 1),
        'created_at', barid.admin_time(s.created_at),
        'completed_at', barid.admin_time(s.completed_at),
        'unattached_since', barid.admin_time(s.unattached_since),
        'allowed_actions', CASE WHEN may_manage AND s.state = 'complete' AND e.asked
                                THEN '["reprocess"]'::jsonb ELSE '[]' END)
    FROM (SELECT count(*) AS files, coalesce(sum(x.bytes), 0)::bigint AS bytes
          FROM barid.media_variant x WHERE x.set_id = s.id) v,
         (SELECT count(*) AS n, coalesce(bool_or(x.request IS NOT NULL), false) AS asked,
                 coalesce(jsonb_agg(jsonb_build_object('entity', x.entity, 'slot', x.slot,
                     'attached_at', barid.admin_time(x.attached_at),
                     'job_id', nullif(x.job_id, 0), 'source', barid.media_source(x.request))
                     ORDER BY x.entity, x.slot) FILTER (WHERE x.place <= 10), '[]') AS list
          FROM (SELECT m.*, row_number() OVER (ORDER BY m.entity, m.slot) AS place
                FROM (SELECT * FROM barid.media_entity n WHERE n.set_id = s.id
                      LIMIT 11) m) x) e
$$;

-- The conditions of the lists below: $1 to $6 are entity, prefix, recipe, since, upto, after.
-- In the text, so that each combination is planned by the index that fits it.
CREATE FUNCTION barid.media_conditions(entity text, prefix text, state text, recipe text,
                                       since timestamptz, upto timestamptz, after text) RETURNS text
    LANGUAGE sql IMMUTABLE SET search_path = pg_catalog, pg_temp AS $$
    SELECT 'true'
        || CASE WHEN entity IS NULL THEN '' ELSE
            ' AND s.id IN (SELECT e.set_id FROM barid.media_entity e WHERE e.entity = $1)' END
        || CASE WHEN prefix IS NULL THEN '' ELSE
            ' AND EXISTS (SELECT FROM barid.media_entity e
                          WHERE e.set_id = s.id AND starts_with(e.entity, $2))' END
        || CASE WHEN state IS NULL THEN '' ELSE format(' AND s.state = %L', state) END
        || CASE WHEN recipe IS NULL THEN '' ELSE ' AND s.recipe = $3' END
        || CASE WHEN since IS NULL THEN '' ELSE ' AND s.created_at >= $4' END
        || CASE WHEN upto IS NULL THEN '' ELSE ' AND s.created_at < $5' END
        || CASE WHEN after IS NULL THEN '' ELSE ' AND (s.created_at, s.id) < '
                '(split_part($6, '' '', 1)::timestamptz, split_part($6, '' '', 2)::bigint)' END
$$;

-- The newest first. `entity` is one; `prefix` begins the names of many.
CREATE FUNCTION barid.media_page(entity text, prefix text, state text, recipe text,
                                 since timestamptz, upto timestamptz, after text, size int,
                                 may_manage boolean)
    RETURNS TABLE (item jsonb, at text)
    LANGUAGE plpgsql STABLE SECURITY DEFINER SET search_path = pg_catalog, barid, pg_temp AS $$
#variable_conflict use_variable
BEGIN
    RETURN QUERY EXECUTE
        'SELECT barid.media_item(s, $8), barid.admin_time(s.created_at) || '' '' || s.id
         FROM barid.media_set s WHERE '
        || barid.media_conditions(entity, prefix, state, recipe, since, upto, after)
        || ' ORDER BY s.created_at DESC, s.id DESC LIMIT $7'
    USING entity, prefix, recipe, since, upto, after, size, may_manage;
END $$;

-- Up to 10,001.
CREATE FUNCTION barid.media_count(entity text, prefix text, state text, recipe text,
                                  since timestamptz, upto timestamptz) RETURNS bigint
    LANGUAGE plpgsql STABLE SECURITY DEFINER SET search_path = pg_catalog, barid, pg_temp AS $$
#variable_conflict use_variable
DECLARE
    n bigint;
BEGIN
    EXECUTE 'SELECT count(*) FROM (SELECT 1 FROM barid.media_set s WHERE '
        || barid.media_conditions(entity, prefix, state, recipe, since, upto, NULL)
        || ' LIMIT 10001) counted'
    INTO n USING entity, prefix, recipe, since, upto;
    RETURN n;
END $$;

-- One set with its files, the places that show it (100 at most), and the jobs that made it or are
-- to make it again. Errors of jobs may quote anything: hidden from those who may not see data.
CREATE FUNCTION barid.media_document(id bigint, may_manage boolean, see_data boolean)
    RETURNS jsonb
    LANGUAGE sql STABLE SECURITY DEFINER SET search_path = pg_catalog, barid, pg_temp AS $$
    WITH places AS MATERIALIZED (
        SELECT * FROM barid.media_entity e WHERE e.set_id = media_document.id
        ORDER BY e.entity, e.slot LIMIT 100),
    known AS (
        SELECT p.job_id AS id FROM places p WHERE p.job_id > 0
        UNION SELECT s.maker FROM barid.media_set s WHERE s.id = media_document.id
        UNION SELECT j.id FROM barid.job j
              WHERE j.queue = 'default'
                AND j.unique_key >= 'media.reprocess:' || media_document.id || ':'
                AND j.unique_key < 'media.reprocess:' || media_document.id || ';'
        UNION SELECT h.id FROM (SELECT x.id FROM barid.job_history x
              WHERE x.tags @> ARRAY['media:' || media_document.id] LIMIT 100) h)
    SELECT barid.media_item(s, may_manage) || jsonb_build_object(
        'variants', coalesce((SELECT jsonb_agg(barid.media_file(v, s.private)
                         ORDER BY v.width, v.height, v.format)
                     FROM barid.media_variant v WHERE v.set_id = s.id), '[]'::jsonb),
        'entities', coalesce((SELECT jsonb_agg(jsonb_build_object('entity', p.entity,
                         'slot', p.slot, 'attached_at', barid.admin_time(p.attached_at),
                         'job_id', nullif(p.job_id, 0), 'source', barid.media_source(p.request))
                         ORDER BY p.entity, p.slot) FROM places p), '[]'::jsonb),
        'entities_capped', (SELECT count(*) = 100 FROM places),
        'jobs', coalesce((
            SELECT jsonb_agg(jsonb_build_object('id', j.id, 'kind', j.kind, 'state', j.state,
                       'attempt', j.attempt, 'max_attempts', j.max_attempts,
                       'created_at', barid.admin_time(j.created_at),
                       'finished_at', barid.admin_time(j.finished_at),
                       'error', CASE WHEN see_data OR j.errors->-1->>'error' IS NULL
                                     THEN j.errors->-1->>'error' ELSE '•••' END)
                       ORDER BY j.id DESC)
            FROM (SELECT k.id FROM known k WHERE k.id IS NOT NULL
                  ORDER BY k.id DESC LIMIT 20) n,
                 -- OFFSET: a look-up for each, never a walk through the history.
                 LATERAL (SELECT x.* FROM barid.jobs x WHERE x.id = n.id OFFSET 0) j),
            '[]'::jsonb))
    FROM barid.media_set s WHERE s.id = media_document.id
$$;

-- What would be asked for again: requests without their source, by how many places have them, of
-- the first 10,001 that the filter names.
CREATE FUNCTION barid.media_reprocess_preview(prefix text, recipe text, missing text,
                                              before timestamptz)
    RETURNS TABLE (request text, recipe_hash text, places bigint)
    LANGUAGE sql STABLE SECURITY DEFINER SET search_path = pg_catalog, barid, pg_temp AS $$
    SELECT l.request::text, l.recipe_hash, count(*)
    FROM (SELECT e.request - 'source' AS request, s.recipe_hash
          FROM barid.media_entity e JOIN barid.media_set s ON s.id = e.set_id
          WHERE s.state = 'complete' AND ($1 = '' OR starts_with(e.entity, $1))
            AND ($2 = '' OR s.recipe = $2)
            AND ($3 = '' OR NOT EXISTS (SELECT 1 FROM barid.media_variant v
                                        WHERE v.set_id = s.id AND v.format = $3))
            AND ($4 IS NULL OR e.attached_at < $4)
          LIMIT 10001) l
    GROUP BY 1, 2
$$;

GRANT EXECUTE ON FUNCTION
    barid.media_source(jsonb), barid.media_file(barid.media_variant, boolean),
    barid.media_item(barid.media_set, boolean),
    barid.media_page(text, text, text, text, timestamptz, timestamptz, text, int, boolean),
    barid.media_count(text, text, text, text, timestamptz, timestamptz),
    barid.media_document(bigint, boolean, boolean),
    barid.media_reprocess_preview(text, text, text, timestamptz) TO barid_admin;

--------------------------------------------------------------------------------------------------
-- Webhooks: jobs of the kind http.deliver.

-- On live jobs the endpoint is read from the row: an index of the payload would be compared with
-- every claim.
CREATE INDEX job_webhook ON barid.job (id) WHERE kind = 'http.deliver';
CREATE INDEX job_history_webhook ON barid.job_history ((payload->>'endpoint'), id)
    WHERE kind = 'http.deliver';
CREATE INDEX job_history_webhook_failed ON barid.job_history ((payload->>'endpoint'), id)
    WHERE kind = 'http.deliver' AND state = 'failed';

-- What a receiver sees as `webhook-id` (jobs/http_deliver_message.cpp).
CREATE FUNCTION barid.webhook_id(id bigint, created_at timestamptz, payload jsonb) RETURNS text
    LANGUAGE sql IMMUTABLE PARALLEL SAFE SET search_path = pg_catalog, pg_temp AS $$
    SELECT 'job_' || coalesce(payload#>>'{redelivers,job}', id::text) || '_'
        || coalesce(payload#>>'{redelivers,created_us}',
                    (extract(epoch FROM created_at) * 1000000)::bigint::text)
$$;

-- A delivery as lists show it. A payload may hold anything: nothing of it is cast.
CREATE FUNCTION barid.webhook_item(j barid.jobs, may_manage boolean, see_data boolean)
    RETURNS jsonb
    LANGUAGE sql STABLE SET search_path = pg_catalog, barid, pg_temp AS $$
    SELECT jsonb_build_object(
        'job_id', j.id, 'webhook_id', barid.webhook_id(j.id, j.created_at, j.payload),
        'endpoint', j.payload->>'endpoint', 'type', j.payload->>'type', 'state', j.state,
        'attempt', j.attempt, 'max_attempts', j.max_attempts,
        'created_at', barid.admin_time(j.created_at), 'run_at', barid.admin_time(j.run_at),
        'finished_at', barid.admin_time(j.finished_at),
        'http_status', CASE WHEN jsonb_typeof(j.output->'status') = 'number'
                       THEN j.output->'status' END,
        'duration_ms', CASE WHEN jsonb_typeof(j.output->'ms') = 'number' THEN j.output->'ms' END,
        'error', CASE WHEN j.state = 'completed' OR j.errors->-1->>'error' IS NULL THEN NULL
                      WHEN see_data THEN j.errors->-1->>'error' ELSE '•••' END,
        'redelivers_job', CASE WHEN jsonb_typeof(j.payload#>'{redelivers,job}') = 'number'
                               THEN j.payload#>'{redelivers,job}' END,
        'tags', coalesce(to_jsonb(j.tags), '[]'),
        'allowed_actions', CASE WHEN may_manage AND j.state IN ('waiting', 'completed', 'failed',
                                                                'cancelled')
                                THEN '["redeliver"]'::jsonb ELSE '[]' END)
$$;

-- The newest first. Both halves are bounded before they meet.
CREATE FUNCTION barid.webhook_page(endpoint text, state text, type text, after bigint, size int,
                                   may_manage boolean, see_data boolean)
    RETURNS TABLE (item jsonb, at text)
    LANGUAGE plpgsql STABLE SECURITY DEFINER SET search_path = pg_catalog, barid, pg_temp AS $$
#variable_conflict use_variable
DECLARE
    conditions text := 'x.kind = ''http.deliver'' AND x.payload->>''endpoint'' = $1'
        || CASE WHEN type IS NULL THEN '' ELSE ' AND x.payload->>''type'' = $2' END
        || CASE WHEN after IS NULL THEN '' ELSE ' AND x.id < $3' END;
    live text := 'SELECT x.id FROM barid.job x WHERE ' || conditions
        || CASE state WHEN 'running' THEN ' AND x.state = ''running'''
                      WHEN 'waiting' THEN ' AND x.state = ''waiting'' AND x.run_at <> ''infinity'''
                      WHEN 'parked' THEN ' AND x.state = ''waiting'' AND x.run_at = ''infinity'''
                      ELSE '' END || ' ORDER BY x.id DESC LIMIT $4';
    done text := 'SELECT x.id FROM barid.job_history x WHERE ' || conditions
        || CASE WHEN state IS NULL THEN '' ELSE format(' AND x.state = %L', state) END
        || ' ORDER BY x.id DESC LIMIT $4';
BEGIN
    RETURN QUERY EXECUTE
        'WITH chosen AS MATERIALIZED ('
        || CASE WHEN state IS NULL THEN '(' || live || ') UNION ALL (' || done || ')'
                WHEN state IN ('running', 'waiting', 'parked') THEN live ELSE done END
        || ' ), newest AS MATERIALIZED (SELECT c.id FROM chosen c ORDER BY c.id DESC LIMIT $4)
        SELECT barid.webhook_item((SELECT j FROM barid.jobs j WHERE j.id = n.id), $5, $6),
               n.id::text
        FROM newest n ORDER BY n.id DESC'
    USING endpoint, type, after, size, may_manage, see_data;
END $$;

-- One delivery with what was sent and what came back, hidden from those who may not see data.
CREATE FUNCTION barid.webhook_document(id bigint, may_manage boolean, see_data boolean)
    RETURNS jsonb
    LANGUAGE sql STABLE SECURITY DEFINER SET search_path = pg_catalog, barid, pg_temp AS $$
    SELECT barid.webhook_item(j, may_manage, see_data) || jsonb_build_object(
        'queue', j.queue, 'request_id', j.request_id, 'traceparent', j.traceparent,
        'data', CASE WHEN see_data THEN j.payload->'data'
                     ELSE barid.admin_mask(j.payload->'data') END,
        'answer', CASE WHEN see_data THEN j.output ELSE barid.admin_mask(j.output) END,
        'attempts', coalesce((
            SELECT jsonb_agg(jsonb_build_object('attempt', e->'attempt', 'at',
                       barid.admin_time((e->>'at')::timestamptz), 'worker', e->>'worker',
                       'duration_ms', e->'ms',
                       'error', CASE WHEN see_data THEN e->>'error' ELSE '•••' END) ORDER BY n)
            FROM jsonb_array_elements(j.errors) WITH ORDINALITY x(e, n)), '[]'))
    FROM barid.jobs j WHERE j.id = webhook_document.id AND j.kind = 'http.deliver'
$$;

-- How an endpoint does: its newest 2,000 deliveries as far as they are of the last day, and what is
-- under way.
CREATE FUNCTION barid.webhook_counts(endpoint text, see_data boolean) RETURNS jsonb
    LANGUAGE sql STABLE SECURITY DEFINER SET search_path = pg_catalog, barid, pg_temp AS $$
    WITH newest AS MATERIALIZED (
        SELECT h.state, h.finished_at, h.errors->-1->>'error' AS error FROM barid.job_history h
        WHERE h.kind = 'http.deliver' AND h.payload->>'endpoint' = $1
        ORDER BY h.id DESC LIMIT 2000),
    day AS (SELECT * FROM newest n WHERE n.finished_at > now() - interval '1 day'),
    live AS MATERIALIZED (
        SELECT j.state, j.attempt, j.run_at FROM barid.job j
        WHERE j.kind = 'http.deliver' AND j.payload->>'endpoint' = $1 LIMIT 2001)
    SELECT jsonb_build_object(
        'counts', (SELECT jsonb_build_object(
            'completed', count(*) FILTER (WHERE d.state = 'completed'),
            'failed', count(*) FILTER (WHERE d.state = 'failed'),
            'cancelled', count(*) FILTER (WHERE d.state = 'cancelled'),
            'capped', count(*) = 2000) FROM day d)
            || (SELECT jsonb_build_object(
            'waiting', count(*) FILTER (WHERE l.state = 'waiting'),
            'retrying', count(*) FILTER (WHERE l.state = 'waiting' AND l.attempt > 0),
            'running', count(*) FILTER (WHERE l.state = 'running'),
            'live_capped', count(*) > 2000) FROM live l),
        'last_success_at', (SELECT barid.admin_time(max(n.finished_at)) FROM newest n
                            WHERE n.state = 'completed'),
        'last_failure_at', (SELECT barid.admin_time(max(n.finished_at)) FROM newest n
                            WHERE n.state = 'failed'),
        'last_error', (SELECT CASE WHEN see_data OR n.error IS NULL THEN n.error ELSE '•••' END
                       FROM newest n WHERE n.state = 'failed'
                       ORDER BY n.finished_at DESC LIMIT 1))
$$;

-- Sends a message once more. One that failed or was cancelled runs again under its own id; one that
-- waits starts now; of one that arrived a new job sends the same message, which the receiver knows
-- by its webhook-id. `outcome`: retried, hastened, enqueued; running, parked or gone when nothing
-- was done; NULL when there is no such delivery.
CREATE FUNCTION barid.webhook_redeliver(id bigint, request_id text,
                                        OUT outcome text, OUT job_id bigint)
    LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, barid, pg_temp AS $$
#variable_conflict use_variable
DECLARE
    j barid.jobs;
BEGIN
    SELECT x.* INTO j FROM barid.jobs x WHERE x.id = id AND x.kind = 'http.deliver';
    IF j.id IS NULL THEN RETURN; END IF;
    job_id := j.id;
    IF j.state IN ('running', 'parked') THEN
        outcome := j.state;
    ELSIF j.state = 'completed' THEN
        outcome := 'enqueued';
        job_id := barid.enqueue('http.deliver',
            j.payload || jsonb_build_object('redelivers', coalesce(j.payload->'redelivers',
                jsonb_build_object('job', j.id, 'created_us',
                    (extract(epoch FROM j.created_at) * 1000000)::bigint))),
            queue => j.queue, priority => j.priority::int, max_attempts => j.max_attempts::int,
            unique_key => 'webhook.redeliver:' || j.id, ordering_key => j.ordering_key,
            request_id => request_id, tags => j.tags);
    ELSIF barid.retry(j.id) THEN
        outcome := CASE j.state WHEN 'waiting' THEN 'hastened' ELSE 'retried' END;
    ELSE
        outcome := 'gone';
    END IF;
END $$;

GRANT EXECUTE ON FUNCTION
    barid.webhook_id(bigint, timestamptz, jsonb),
    barid.webhook_item(barid.jobs, boolean, boolean),
    barid.webhook_page(text, text, text, bigint, int, boolean, boolean),
    barid.webhook_document(bigint, boolean, boolean),
    barid.webhook_counts(text, boolean),
    barid.webhook_redeliver(bigint, text) TO barid_admin;
