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
