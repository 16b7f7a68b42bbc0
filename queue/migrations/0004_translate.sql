-- Translations of the shop's content, the memory behind them, and what waits for a person.
--
-- The shop reads `barid.translations`. Two hashes tell stale from current: `source_hash` is the
-- newest source that a job has seen, `text_source_hash` the source that `text` was made from.
-- Only people's functions may replace a text whose origin is 'human'.

-- What identifies a source text: NFC, without the invisible direction marks (they change how a
-- text is shown, never what it says) and without blanks around it. translate/normal_form.cpp
-- computes the same; a test compares the two.
CREATE FUNCTION barid.translation_source_hash(format text, source text) RETURNS bytea
LANGUAGE sql IMMUTABLE STRICT PARALLEL SAFE
SET search_path = pg_catalog, pg_temp
AS $$
    SELECT sha256(convert_to(format || ':' || btrim(normalize(translate(source,
        U&'\061C\200E\200F\202A\202B\202C\202D\202E\2066\2067\2068\2069', ''), NFC),
        E' \t\n\v\f\r'), 'UTF8'))
$$;

CREATE TABLE barid.translation (
    entity_type text NOT NULL CHECK (length(entity_type) BETWEEN 1 AND 64),
    entity_id text NOT NULL CHECK (length(entity_id) BETWEEN 1 AND 256),
    field text NOT NULL CHECK (length(field) BETWEEN 1 AND 128),
    target_lang text NOT NULL CHECK (target_lang IN ('en', 'ar')),
    source_lang text CHECK (source_lang IN ('en', 'ar')),
    format text NOT NULL DEFAULT 'text' CHECK (format IN ('text', 'html')),
    -- The newest source, and the id of the job that brought it: an older job never replaces it.
    source_text text,
    source_hash bytea,
    source_seq bigint NOT NULL DEFAULT 0,
    -- What the shop shows, and the source it belongs to (NULL: a person's text, source unknown).
    text text,
    text_source_hash bytea,
    origin text CHECK (origin IN ('memory', 'provider', 'human')),
    provider text,
    state text NOT NULL DEFAULT 'pending'
        CHECK (state IN ('pending', 'published', 'review', 'stale')),
    -- The machine's proposal beside a person's stale text, and the source it was made from.
    suggestion text,
    suggestion_hash bytea,
    updated_at timestamptz NOT NULL DEFAULT now(),
    PRIMARY KEY (entity_type, entity_id, field, target_lang),
    CHECK ((text IS NULL) = (origin IS NULL)),
    CHECK (text IS NOT NULL OR state IN ('pending', 'review'))
);
CREATE INDEX translation_stale ON barid.translation (updated_at) WHERE state = 'stale';

-- One row per segment and maker. `provider` is 'human' for what people wrote or approved.
CREATE TABLE barid.translation_memory (
    source_hash bytea NOT NULL,
    source_lang text NOT NULL CHECK (source_lang IN ('en', 'ar')),
    target_lang text NOT NULL CHECK (target_lang IN ('en', 'ar')),
    provider text NOT NULL,
    provider_version text NOT NULL DEFAULT '',
    format text NOT NULL CHECK (format IN ('text', 'html')),
    source_text text NOT NULL,
    text text NOT NULL,
    created_at timestamptz NOT NULL DEFAULT now(),
    PRIMARY KEY (source_hash, source_lang, target_lang, provider, provider_version)
);

CREATE TABLE barid.translation_review (
    id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    entity_type text NOT NULL,
    entity_id text NOT NULL,
    field text NOT NULL,
    target_lang text NOT NULL,
    source_lang text NOT NULL,
    format text NOT NULL,
    source_text text NOT NULL,
    source_hash bytea NOT NULL,
    reason text NOT NULL,
    detail text NOT NULL DEFAULT '',
    suggestion text,
    provider text,
    state text NOT NULL DEFAULT 'open'
        CHECK (state IN ('open', 'approved', 'rejected', 'superseded')),
    created_at timestamptz NOT NULL DEFAULT now(),
    resolved_at timestamptz,
    resolved_by text
);
CREATE UNIQUE INDEX translation_review_open
    ON barid.translation_review (entity_type, entity_id, field, target_lang)
    WHERE state = 'open';

-- One row per provider for the whole fleet.
CREATE TABLE barid.provider_state (
    provider text PRIMARY KEY,
    paused_until timestamptz,
    pause_reason text NOT NULL DEFAULT '',
    day date NOT NULL DEFAULT (now() AT TIME ZONE 'UTC')::date,
    characters bigint NOT NULL DEFAULT 0 CHECK (characters >= 0),
    budget bigint CHECK (budget >= 0),  -- characters a day; NULL: no limit
    updated_at timestamptz NOT NULL DEFAULT now()
);

-- Everything that has a text. A stale one is the best there is until somebody or something
-- translates the new source.
CREATE VIEW barid.translations AS
    SELECT entity_type, entity_id, field, target_lang AS lang, text, format, origin, provider,
           state = 'stale' AS stale, suggestion, updated_at
    FROM barid.translation
    WHERE text IS NOT NULL;

CREATE VIEW barid.translation_reviews AS
    SELECT id, entity_type, entity_id, field, source_lang, target_lang AS lang, format,
           source_text, reason, detail, suggestion, provider, state, created_at, resolved_at,
           resolved_by
    FROM barid.translation_review;

-- What a person wrote may serve other entities with the very same one-line text.
CREATE FUNCTION barid.translation_remember_human(
    source_lang text, target_lang text, format text, source text, source_hash bytea,
    human_text text) RETURNS void
LANGUAGE sql
SET search_path = pg_catalog, barid, pg_temp
AS $$
    INSERT INTO barid.translation_memory AS m
        (source_hash, source_lang, target_lang, provider, format, source_text, text)
    SELECT $5, $1, $2, 'human', $3, $4, $6
    WHERE $5 IS NOT NULL AND $1 IS NOT NULL AND $3 = 'text' AND $1 <> $2
      AND btrim($4, E' \t\n\v\f\r') !~ E'[\n\r]' AND $6 !~ E'[\n\r]'
    ON CONFLICT (source_hash, source_lang, target_lang, provider, provider_version)
    DO UPDATE SET text = excluded.text, created_at = now()
$$;

-- A person's text for one field. It is published at once and no machine replaces it.
-- `source_text` is what the person translated from; without it the newest known source is meant.
-- Returns false when the person's source is not the newest one: the text is kept, as stale.
CREATE FUNCTION barid.set_translation(
    entity_type text, entity_id text, field text, lang text, text text,
    source_text text DEFAULT NULL, format text DEFAULT NULL) RETURNS boolean
LANGUAGE plpgsql SECURITY DEFINER
SET search_path = pg_catalog, barid, pg_temp
AS $$
#variable_conflict use_column
DECLARE
    written barid.translation;
    wanted_format text := coalesce(set_translation.format, 'text');
    from_hash bytea;
BEGIN
    IF set_translation.text IS NULL OR btrim(set_translation.text, E' \t\n\v\f\r') = '' THEN
        RAISE EXCEPTION 'barid.set_translation: text must not be empty'
            USING ERRCODE = 'invalid_parameter_value',
                  HINT = 'Give the translated text of the field.';
    END IF;
    IF octet_length(set_translation.text) > 1048576
        OR octet_length(set_translation.source_text) > 1048576 THEN
        RAISE EXCEPTION 'barid.set_translation: a text may have at most 1 MiB'
            USING ERRCODE = 'program_limit_exceeded';
    END IF;
    IF set_translation.lang IS NULL OR set_translation.lang NOT IN ('en', 'ar') THEN
        RAISE EXCEPTION 'barid.set_translation: lang must be ''en'' or ''ar'', not %',
            quote_nullable(left(set_translation.lang, 40))
            USING ERRCODE = 'invalid_parameter_value';
    END IF;
    IF wanted_format NOT IN ('text', 'html') THEN
        RAISE EXCEPTION 'barid.set_translation: format must be ''text'' or ''html'', not %',
            quote_literal(left(wanted_format, 40))
            USING ERRCODE = 'invalid_parameter_value';
    END IF;
    INSERT INTO barid.translation
        (entity_type, entity_id, field, target_lang, source_lang, format)
    VALUES (set_translation.entity_type, set_translation.entity_id, set_translation.field,
            set_translation.lang, CASE set_translation.lang WHEN 'ar' THEN 'en' ELSE 'ar' END,
            wanted_format)
    ON CONFLICT (entity_type, entity_id, field, target_lang) DO NOTHING;
    SELECT * INTO STRICT written FROM barid.translation t
    WHERE t.entity_type = set_translation.entity_type AND t.entity_id = set_translation.entity_id
      AND t.field = set_translation.field AND t.target_lang = set_translation.lang
    FOR UPDATE;

    from_hash := coalesce(
        barid.translation_source_hash(coalesce(set_translation.format, written.format),
                                      set_translation.source_text),
        written.source_hash);
    UPDATE barid.translation t SET
        text = set_translation.text,
        origin = 'human',
        provider = NULL,
        format = coalesce(set_translation.format, t.format),
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
        SET state = 'superseded', resolved_at = now(), resolved_by = session_user
        WHERE r.entity_type = written.entity_type AND r.entity_id = written.entity_id
          AND r.field = written.field AND r.target_lang = written.target_lang
          AND r.state = 'open';
        PERFORM barid.translation_remember_human(written.source_lang, written.target_lang,
            written.format, written.source_text, written.source_hash, written.text);
    END IF;
    RETURN written.state = 'published';
END
$$;

-- Publishes a review's suggestion, or the person's correction of it, as a person's text.
-- Returns false when the source has moved on since: the review is closed, nothing is published.
CREATE FUNCTION barid.approve_translation(review_id bigint, text text DEFAULT NULL)
RETURNS boolean
LANGUAGE plpgsql SECURITY DEFINER
SET search_path = pg_catalog, barid, pg_temp
AS $$
#variable_conflict use_column
DECLARE
    review barid.translation_review;
    current_hash bytea;
    final_text text;
BEGIN
    SELECT * INTO review FROM barid.translation_review r WHERE r.id = approve_translation.review_id;
    IF NOT FOUND THEN
        RAISE EXCEPTION 'barid.approve_translation: there is no review %',
            approve_translation.review_id USING ERRCODE = 'no_data_found';
    END IF;
    -- The translation is locked before its review, as the worker and set_translation do.
    SELECT t.source_hash INTO current_hash FROM barid.translation t
    WHERE t.entity_type = review.entity_type AND t.entity_id = review.entity_id
      AND t.field = review.field AND t.target_lang = review.target_lang
    FOR UPDATE;
    SELECT * INTO review FROM barid.translation_review r WHERE r.id = approve_translation.review_id
    FOR UPDATE;
    IF review.state <> 'open' THEN
        RAISE EXCEPTION 'barid.approve_translation: review % is % already', review.id, review.state
            USING ERRCODE = 'object_not_in_prerequisite_state';
    END IF;
    final_text := coalesce(approve_translation.text, review.suggestion);
    IF final_text IS NULL THEN
        RAISE EXCEPTION 'barid.approve_translation: review % has no suggestion', review.id
            USING ERRCODE = 'invalid_parameter_value',
                  HINT = 'Give the text: barid.approve_translation(id, text).';
    END IF;
    IF current_hash IS DISTINCT FROM review.source_hash THEN
        UPDATE barid.translation_review r
        SET state = 'superseded', resolved_at = now(), resolved_by = session_user
        WHERE r.id = review.id;
        RETURN false;
    END IF;
    UPDATE barid.translation_review r
    SET state = 'approved', resolved_at = now(), resolved_by = session_user
    WHERE r.id = review.id;
    RETURN barid.set_translation(review.entity_type, review.entity_id, review.field,
                                 review.target_lang, final_text);
END
$$;

-- Closes a review without publishing anything. The same source is not proposed again.
CREATE FUNCTION barid.reject_translation(review_id bigint) RETURNS boolean
LANGUAGE plpgsql SECURITY DEFINER
SET search_path = pg_catalog, barid, pg_temp
AS $$
BEGIN
    UPDATE barid.translation_review r
    SET state = 'rejected', resolved_at = now(), resolved_by = session_user
    WHERE r.id = reject_translation.review_id AND r.state = 'open';
    RETURN FOUND;
END
$$;

REVOKE ALL ON FUNCTION
    barid.translation_remember_human(text, text, text, text, bytea, text),
    barid.set_translation(text, text, text, text, text, text, text),
    barid.approve_translation(bigint, text),
    barid.reject_translation(bigint) FROM PUBLIC;
GRANT EXECUTE ON FUNCTION
    barid.set_translation(text, text, text, text, text, text, text),
    barid.approve_translation(bigint, text),
    barid.reject_translation(bigint) TO barid_producer, barid_operator;
GRANT SELECT ON barid.translations
    TO barid_producer, barid_worker, barid_operator, barid_readonly;
GRANT SELECT ON barid.translation_reviews
    TO barid_producer, barid_worker, barid_operator, barid_readonly;
GRANT SELECT ON barid.provider_state TO barid_operator, barid_readonly;
GRANT SELECT, INSERT, UPDATE ON barid.translation, barid.translation_memory,
    barid.translation_review, barid.provider_state TO barid_worker;
