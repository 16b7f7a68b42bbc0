-- The shop's own words: what must be translated in one way, what must stay as it is, what must
-- never be written; and looking up similar texts in the translation memory.

--------------------------------------------------------------------------------------------------
-- Terms.

CREATE TABLE barid.term (
    id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    source_lang text NOT NULL CHECK (source_lang IN ('en', 'ar')),
    target_lang text NOT NULL CHECK (target_lang IN ('en', 'ar')),
    -- translate: `term` becomes `target`; keep: `term` stays as it is; forbid: `term` must not
    -- stand in a text of the target language.
    kind text NOT NULL CHECK (kind IN ('translate', 'keep', 'forbid')),
    term text NOT NULL CHECK (length(term) BETWEEN 1 AND 200),
    target text CHECK (length(target) BETWEEN 1 AND 200),
    -- Other forms of `term` in a source ("dresses"), and of `target` in an answer.
    source_forms text[] NOT NULL DEFAULT '{}' CHECK (cardinality(source_forms) <= 32),
    forms text[] NOT NULL DEFAULT '{}' CHECK (cardinality(forms) <= 32),
    case_sensitive boolean NOT NULL DEFAULT false,
    note text NOT NULL DEFAULT '' CHECK (length(note) <= 1000),
    updated_at timestamptz NOT NULL DEFAULT now(),
    updated_by text NOT NULL DEFAULT session_user,
    CONSTRAINT term_once UNIQUE (source_lang, target_lang, term),
    CHECK (source_lang <> target_lang),
    CHECK ((kind = 'translate') = (target IS NOT NULL))
);

-- One row per pair of languages. `version` depends on the terms alone, not on how they came to be:
-- workers keep their copy of the terms for as long as it is the same.
CREATE TABLE barid.term_version (
    source_lang text NOT NULL,
    target_lang text NOT NULL,
    version bigint NOT NULL DEFAULT 0,
    terms integer NOT NULL DEFAULT 0,
    updated_at timestamptz NOT NULL DEFAULT now(),
    PRIMARY KEY (source_lang, target_lang)
);
INSERT INTO barid.term_version (source_lang, target_lang) VALUES ('en', 'ar'), ('ar', 'en');

CREATE FUNCTION barid.term_fingerprint(t barid.term) RETURNS bigint
LANGUAGE sql IMMUTABLE
SET search_path = pg_catalog, pg_temp
AS $$
    SELECT ('x' || left(md5(jsonb_build_array(t.kind, t.term, t.target, t.source_forms, t.forms,
                                              t.case_sensitive)::text), 16))::bit(64)::bigint
$$;

-- Fingerprints are combined by XOR, so that one changed term costs the same among ten thousand.
CREATE FUNCTION barid.note_term() RETURNS trigger
LANGUAGE plpgsql SECURITY DEFINER
SET search_path = pg_catalog, barid, pg_temp
AS $$
BEGIN
    IF TG_OP IN ('UPDATE', 'DELETE') THEN
        UPDATE barid.term_version v
        SET version = v.version # barid.term_fingerprint(OLD), terms = v.terms - 1,
            updated_at = now()
        WHERE v.source_lang = OLD.source_lang AND v.target_lang = OLD.target_lang;
    END IF;
    IF TG_OP IN ('INSERT', 'UPDATE') THEN
        UPDATE barid.term_version v
        SET version = v.version # barid.term_fingerprint(NEW), terms = v.terms + 1,
            updated_at = now()
        WHERE v.source_lang = NEW.source_lang AND v.target_lang = NEW.target_lang;
    END IF;
    RETURN NULL;
END
$$;
CREATE TRIGGER note_term AFTER INSERT OR UPDATE OR DELETE ON barid.term
    FOR EACH ROW EXECUTE FUNCTION barid.note_term();

CREATE FUNCTION barid.forget_terms() RETURNS trigger
LANGUAGE plpgsql SECURITY DEFINER
SET search_path = pg_catalog, barid, pg_temp
AS $$
BEGIN
    UPDATE barid.term_version SET version = 0, terms = 0, updated_at = now();
    RETURN NULL;
END
$$;
CREATE TRIGGER forget_terms AFTER TRUNCATE ON barid.term
    FOR EACH STATEMENT EXECUTE FUNCTION barid.forget_terms();

CREATE VIEW barid.terms AS
    SELECT id, source_lang, target_lang, kind, term, target, source_forms, forms, case_sensitive,
           note, updated_at, updated_by
    FROM barid.term;

-- One text of a term as it is kept: NFC, single blanks, none around it; or an error.
CREATE FUNCTION barid.clean_term(what text, value text) RETURNS text
LANGUAGE plpgsql IMMUTABLE
SET search_path = pg_catalog, pg_temp
AS $$
DECLARE
    clean text := btrim(regexp_replace(normalize(translate(value,
        U&'\061C\200E\200F\202A\202B\202C\202D\202E\2066\2067\2068\2069', ''), NFC),
        '\s+', ' ', 'g'));
BEGIN
    IF clean IS NULL OR clean = '' OR length(clean) > 200 THEN
        RAISE EXCEPTION 'barid.upsert_term: % must have 1 to 200 characters, not %',
            what, coalesce(length(clean), 0)
            USING ERRCODE = '22023', HINT = 'A term is a word or a short phrase, not a sentence.';
    END IF;
    IF clean !~ '[[:alnum:]\u0621-\u064A]' OR clean ~ '[\u0001-\u001F\u007F]' THEN
        RAISE EXCEPTION 'barid.upsert_term: % needs a letter or a digit, and no control '
            'characters: %', what, quote_literal(left(clean, 60)) USING ERRCODE = '22023';
    END IF;
    RETURN clean;
END
$$;

CREATE FUNCTION barid.clean_terms(what text, listed text[]) RETURNS text[]
LANGUAGE plpgsql IMMUTABLE
SET search_path = pg_catalog, barid, pg_temp
AS $$
BEGIN
    IF cardinality(listed) > 32 THEN
        RAISE EXCEPTION 'barid.upsert_term: % may list 32 forms, not %', what,
            cardinality(listed) USING ERRCODE = '22023';
    END IF;
    RETURN coalesce((SELECT array_agg(barid.clean_term(what, u.form) ORDER BY u.n)
                     FROM unnest(listed) WITH ORDINALITY u(form, n)), '{}');
END
$$;

-- Adds a term or replaces the one of the same text and languages; returns its id.
--   upsert_term('gift box', 'صندوق هدايا', source_forms => '{gift boxes}',
--               forms => '{صناديق هدايا}')
--   upsert_term('Nike')                     stays as it is (kind 'keep', since it has no target)
--   upsert_term('النفط', kind => 'forbid')  never in an Arabic text
CREATE FUNCTION barid.upsert_term(
    term text, target text DEFAULT NULL, source_lang text DEFAULT 'en',
    target_lang text DEFAULT 'ar', kind text DEFAULT NULL, forms text[] DEFAULT '{}',
    source_forms text[] DEFAULT '{}', case_sensitive boolean DEFAULT false,
    note text DEFAULT '') RETURNS bigint
LANGUAGE plpgsql SECURITY DEFINER
SET search_path = pg_catalog, barid, pg_temp
AS $$
#variable_conflict use_column
DECLARE
    wanted_kind text := coalesce(upsert_term.kind,
        CASE WHEN upsert_term.target IS NULL THEN 'keep' ELSE 'translate' END);
    clean text := barid.clean_term('term', upsert_term.term);
    clean_target text;
    term_id bigint;
BEGIN
    IF upsert_term.source_lang IS NULL OR upsert_term.target_lang IS NULL
        OR (upsert_term.source_lang, upsert_term.target_lang)
            NOT IN (('en', 'ar'), ('ar', 'en')) THEN
        RAISE EXCEPTION 'barid.upsert_term: the languages must be ''en'' and ''ar'' or the '
            'reverse, not % and %', quote_nullable(left(upsert_term.source_lang, 40)),
            quote_nullable(left(upsert_term.target_lang, 40)) USING ERRCODE = '22023';
    END IF;
    IF wanted_kind NOT IN ('translate', 'keep', 'forbid') THEN
        RAISE EXCEPTION 'barid.upsert_term: kind must be ''translate'', ''keep'' or ''forbid'', '
            'not %', quote_literal(left(wanted_kind, 40)) USING ERRCODE = '22023';
    END IF;
    IF (wanted_kind = 'translate') <> (upsert_term.target IS NOT NULL) THEN
        RAISE EXCEPTION 'barid.upsert_term: a term of kind % must % a target', wanted_kind,
            CASE wanted_kind WHEN 'translate' THEN 'have' ELSE 'not have' END
            USING ERRCODE = '22023',
                  HINT = 'Without a target a term is kept as it is (kind ''keep'').';
    END IF;
    IF length(upsert_term.note) > 1000 THEN
        RAISE EXCEPTION 'barid.upsert_term: note may have at most 1000 characters'
            USING ERRCODE = '22023';
    END IF;
    IF upsert_term.target IS NOT NULL THEN
        clean_target := barid.clean_term('target', upsert_term.target);
    END IF;
    INSERT INTO barid.term AS t (source_lang, target_lang, kind, term, target, source_forms,
                                 forms, case_sensitive, note)
    VALUES (upsert_term.source_lang, upsert_term.target_lang, wanted_kind, clean, clean_target,
            barid.clean_terms('source_forms', upsert_term.source_forms),
            barid.clean_terms('forms', upsert_term.forms),
            coalesce(upsert_term.case_sensitive, false), coalesce(upsert_term.note, ''))
    ON CONFLICT ON CONSTRAINT term_once DO UPDATE SET
        kind = excluded.kind, target = excluded.target, source_forms = excluded.source_forms,
        forms = excluded.forms, case_sensitive = excluded.case_sensitive, note = excluded.note,
        updated_at = now(), updated_by = session_user
    RETURNING t.id INTO term_id;
    IF (SELECT v.terms FROM barid.term_version v
        WHERE v.source_lang = upsert_term.source_lang
          AND v.target_lang = upsert_term.target_lang) > 20000 THEN
        RAISE EXCEPTION 'barid.upsert_term: there are 20000 terms from % to % already',
            upsert_term.source_lang, upsert_term.target_lang USING ERRCODE = '54000',
            HINT = 'Remove terms that are not needed with barid.remove_term.';
    END IF;
    RETURN term_id;
END
$$;

-- False when there was no such term.
CREATE FUNCTION barid.remove_term(term text, source_lang text DEFAULT 'en',
                                  target_lang text DEFAULT 'ar') RETURNS boolean
LANGUAGE plpgsql SECURITY DEFINER
SET search_path = pg_catalog, barid, pg_temp
AS $$
#variable_conflict use_column
BEGIN
    DELETE FROM barid.term t
    WHERE t.source_lang = remove_term.source_lang AND t.target_lang = remove_term.target_lang
      AND t.term = barid.clean_term('term', remove_term.term);
    RETURN FOUND;
END
$$;

--------------------------------------------------------------------------------------------------
-- Similar texts of the memory.

-- How a text is looked for: lower case, without Arabic vowel signs and tatweel, one letter for the
-- spellings of alef, ya, ta marbuta and hamza, Western digits, single blanks. Never what is kept
-- or shown. translate/words.cpp folds alike.
CREATE FUNCTION barid.lookup_key(value text) RETURNS text
LANGUAGE sql IMMUTABLE STRICT PARALLEL SAFE
SET search_path = pg_catalog, pg_temp
AS $$
    SELECT btrim(regexp_replace(translate(lower(normalize(value, NFC)),
        U&'\00A0\202F\0623\0625\0622\0671\0649\0629\0624\0626'
        '\0660\0661\0662\0663\0664\0665\0666\0667\0668\0669'
        '\0640\064B\064C\064D\064E\064F\0650\0651\0652\0653\0654\0655\0670'
        '\061C\200E\200F\202A\202B\202C\202D\202E\2066\2067\2068\2069',
        U&'\0020\0020\0627\0627\0627\0627\064A\0647\0648\064A0123456789'), '\s+', ' ', 'g'))
$$;

-- Makes barid.similar_translations answer: the extension pg_trgm, where it isn't there yet, and
-- the index. Says what happened; safe to repeat. For the schema's owner. The extension is one
-- for the whole database, so it goes where it survives this schema: other schemas may use it.
CREATE FUNCTION barid.enable_similar_translations() RETURNS text
LANGUAGE plpgsql
SET search_path = pg_catalog, barid, pg_temp
AS $$
DECLARE
    home text;
BEGIN
    IF NOT EXISTS (SELECT 1 FROM pg_extension e WHERE e.extname = 'pg_trgm') THEN
        BEGIN
            IF to_regnamespace('public') IS NOT NULL THEN
                CREATE EXTENSION pg_trgm SCHEMA public;
            ELSE
                CREATE EXTENSION pg_trgm SCHEMA barid;
            END IF;
        EXCEPTION WHEN OTHERS THEN
            RETURN format('unavailable: %s', SQLERRM);
        END;
    END IF;
    SELECT n.nspname INTO home FROM pg_extension e JOIN pg_namespace n ON n.oid = e.extnamespace
    WHERE e.extname = 'pg_trgm';
    IF to_regclass('barid.translation_memory_similar') IS NULL THEN
        BEGIN
            EXECUTE format('CREATE INDEX translation_memory_similar ON barid.translation_memory '
                'USING gin ((barid.lookup_key(source_text)) %I.gin_trgm_ops) '
                'WHERE length(source_text) <= 500', home);
        EXCEPTION WHEN OTHERS THEN
            RETURN format('unavailable: %s', SQLERRM);
        END;
    END IF;
    RETURN 'enabled';
END
$$;

-- Texts of the memory that resemble this one, best first: suggestions for a person, never
-- anything to publish. No rows without pg_trgm, and for texts of more than 500 characters.
CREATE FUNCTION barid.similar_translations(text text, source text DEFAULT 'en',
                                           target text DEFAULT 'ar', "limit" integer DEFAULT 5)
RETURNS TABLE (source_text text, translation text, provider text, similarity real)
LANGUAGE plpgsql STABLE SECURITY DEFINER
SET search_path = pg_catalog, barid, pg_temp
SET pg_trgm.similarity_threshold = '0.4'
AS $$
#variable_conflict use_column
DECLARE
    home text;
BEGIN
    IF "limit" IS NULL OR "limit" NOT BETWEEN 1 AND 50 THEN
        RAISE EXCEPTION 'barid.similar_translations: limit must be between 1 and 50, not %',
            "limit" USING ERRCODE = '22023';
    END IF;
    SELECT n.nspname INTO home FROM pg_extension e JOIN pg_namespace n ON n.oid = e.extnamespace
    WHERE e.extname = 'pg_trgm';
    IF home IS NULL OR similar_translations.text IS NULL
        OR length(similar_translations.text) > 500
        OR to_regclass('barid.translation_memory_similar') IS NULL THEN
        RETURN;
    END IF;
    RETURN QUERY EXECUTE format($query$
        SELECT s.source_text, s.text, s.provider, s.similarity
        FROM (SELECT DISTINCT ON (m.source_hash) m.source_text, m.text, m.provider,
                     %1$I.similarity(barid.lookup_key(m.source_text), $1) AS similarity
              FROM barid.translation_memory m
              WHERE m.source_lang = $2 AND m.target_lang = $3
                AND length(m.source_text) <= 500
                AND barid.lookup_key(m.source_text) OPERATOR(%1$I.%%) $1
              ORDER BY m.source_hash, (m.provider = 'human') DESC, m.created_at DESC) s
        ORDER BY s.similarity DESC, s.source_text
        LIMIT $4
    $query$, home)
    USING barid.lookup_key(similar_translations.text), similar_translations.source,
          similar_translations.target, similar_translations."limit";
END
$$;

DO $$
BEGIN
    RAISE NOTICE 'similar translations: %', barid.enable_similar_translations();
END
$$;

REVOKE ALL ON FUNCTION
    barid.upsert_term(text, text, text, text, text, text[], text[], boolean, text),
    barid.remove_term(text, text, text),
    barid.similar_translations(text, text, text, integer) FROM PUBLIC;
GRANT EXECUTE ON FUNCTION
    barid.upsert_term(text, text, text, text, text, text[], text[], boolean, text),
    barid.remove_term(text, text, text) TO barid_producer, barid_operator;
GRANT EXECUTE ON FUNCTION barid.similar_translations(text, text, text, integer)
    TO barid_producer, barid_worker, barid_operator, barid_readonly;
GRANT EXECUTE ON FUNCTION barid.lookup_key(text)
    TO barid_producer, barid_worker, barid_operator, barid_readonly;
GRANT SELECT ON barid.terms TO barid_producer, barid_worker, barid_operator, barid_readonly;
GRANT SELECT ON barid.term, barid.term_version TO barid_worker;
