-- Templates in ICU's MessageFormat, checked when they are saved.
--
-- A version has a text for each language, and may have another one for a channel: row '*' serves
-- every channel without a row of its own. `variables` says what a caller must give.
--
-- The worker renders with ICU. What stands here is stricter than ICU on purpose: whatever
-- barid.upsert_template takes, ICU takes too and renders from the variables that
-- barid.check_vars lets pass. Texts that only put strings in are also rendered here
-- (barid.render_plain), so that their inbox item has its text at once.

-- Until now an apostrophe was an apostrophe, everywhere.
UPDATE barid.template t
SET title = replace(t.title, '''', ''''''), body = replace(t.body, '''', '''''')
WHERE strpos(t.title || t.body, '''') > 0;

ALTER TABLE barid.template
    ADD COLUMN channel text NOT NULL DEFAULT '*' CHECK (channel IN ('*', 'push', 'email')),
    ADD COLUMN html text;
ALTER TABLE barid.template DROP CONSTRAINT template_pkey;
ALTER TABLE barid.template
    ADD CONSTRAINT template_pkey PRIMARY KEY (key, version, channel, locale);

-- {"a", "b"} → {"a": {"type": "string", "required": true}, …}
CREATE FUNCTION barid.schema_of_names(names text[]) RETURNS jsonb
LANGUAGE sql IMMUTABLE SET search_path = pg_catalog, pg_temp AS $$
    SELECT coalesce(jsonb_object_agg(n, '{"type": "string", "required": true}'::jsonb), '{}')
    FROM unnest(names) n
$$;
ALTER TABLE barid.template ALTER COLUMN variables DROP DEFAULT;
ALTER TABLE barid.template
    ALTER COLUMN variables TYPE jsonb USING barid.schema_of_names(variables),
    ALTER COLUMN variables SET DEFAULT '{}';

--------------------------------------------------------------------------------------------------
-- Languages.

-- The plural classes of a language, NULL when it is not known. After Unicode's CLDR 42.
CREATE FUNCTION barid.plural_classes(language text, ordinal boolean) RETURNS text[]
LANGUAGE sql IMMUTABLE SET search_path = pg_catalog, pg_temp AS $$
    SELECT (CASE WHEN ordinal THEN c.ordinals ELSE c.cardinals END)::text[]
    FROM (VALUES
         ('af ak am asa ast bem bez bg bho brx ce ceb cgg chr ckb da de doi ee el eo et eu fa '
          'ff fi fo fur fy gl gsw ha haw ia is jgo jmc kab kkj kl kn ks ksb ku ky lb lg ln mas '
          'mg mgo ml mn nb nd nl nn nnh no nyn om os pa pcm ps rm rof rwk saq sd seh si sn so '
          'sw ta te teo ti tr tzm ug ur uz vun wae xh xog yi zu',
          '{one,other}', '{other}'),
         ('agq bas bgc bm bo ccp cv dav dje dua dyo dz ebu ewo guz id ig ii ja jv kam kde kea '
          'kgp khq ki kln km ko kok ksf lkt lrc lu luo luy mai mer mfe mgh mi mni mua my mzn '
          'nmg nus qu raj rn rw sa sah sbp ses sg su tg th to tt twq vai wo yav yo yrl yue zgh '
          'zh',
          '{other}', '{other}'),
         ('as bn gu hi or',
          '{one,other}', '{one,two,few,many,other}'),
         ('cs lt pl ru sk',
          '{one,few,many,other}', '{other}'),
         ('fil hu hy ne sv',
          '{one,other}', '{one,other}'),
         ('he naq sat se smn',
          '{one,two,other}', '{other}'),
         ('bs hr shi sr',
          '{one,few,other}', '{other}'),
         ('br gv mt',
          '{one,two,few,many,other}', '{other}'),
         ('dsb hsb sl',
          '{one,two,few,other}', '{other}'),
         ('ksh lag lv',
          '{zero,one,other}', '{other}'),
         ('lo ms vi',
          '{other}', '{one,other}'),
         ('be uk',
          '{one,few,many,other}', '{few,other}'),
         ('en mr',
          '{one,other}', '{one,two,few,other}'),
         ('es pt',
          '{one,many,other}', '{other}'),
         ('ka sq',
          '{one,other}', '{one,many,other}'),
         ('kk sc',
          '{one,other}', '{many,other}'),
         ('ar',
          '{zero,one,two,few,many,other}', '{other}'),
         ('az',
          '{one,other}', '{one,few,many,other}'),
         ('ca',
          '{one,many,other}', '{one,two,few,other}'),
         ('cy',
          '{zero,one,two,few,many,other}', '{zero,one,two,few,many,other}'),
         ('fr',
          '{one,many,other}', '{one,other}'),
         ('ga',
          '{one,two,few,many,other}', '{one,other}'),
         ('gd',
          '{one,two,few,other}', '{one,two,few,other}'),
         ('it',
          '{one,many,other}', '{many,other}'),
         ('kw',
          '{zero,one,two,few,many,other}', '{one,many,other}'),
         ('mk',
          '{one,other}', '{one,two,many,other}'),
         ('ro',
          '{one,few,other}', '{one,other}'),
         ('tk',
          '{one,other}', '{few,other}')
    ) c (languages, cardinals, ordinals)
    WHERE strpos(' ' || c.languages || ' ', ' ' || language || ' ') > 0
$$;

-- The usual spelling of a template's locale ("AR_eg" → "ar-EG").
CREATE FUNCTION barid.check_template_locale(locale text) RETURNS text
LANGUAGE plpgsql IMMUTABLE SET search_path = pg_catalog, barid, pg_temp AS $$
DECLARE
    parts   text[] := regexp_match(locale,
                '^([A-Za-z]{2,3})(?:[-_]([A-Za-z]{4}))?(?:[-_]([A-Za-z]{2}|[0-9]{3}))?$');
    tongue  text := lower(parts[1]);
    script  text := initcap(parts[2]);
    region  text := upper(parts[3]);
    regions constant text := ' '
        'AD AE AF AG AI AL AM AO AQ AR AS AT AU AW AX AZ BA BB BD BE BF BG BH BI BJ BL BM '
        'BN BO BQ BR BS BT BV BW BY BZ CA CC CD CF CG CH CI CK CL CM CN CO CR CU CV CW CX '
        'CY CZ DE DG DJ DK DM DO DZ EA EC EE EG EH ER ES ET FI FJ FK FM FO FR GA GB GD GE '
        'GF GG GH GI GL GM GN GP GQ GR GS GT GU GW GY HK HM HN HR HT HU IC ID IE IL IM IN '
        'IO IQ IR IS IT JE JM JO JP KE KG KH KI KM KN KP KR KW KY KZ LA LB LC LI LK LR LS '
        'LT LU LV LY MA MC MD ME MF MG MH MK ML MM MN MO MP MQ MR MS MT MU MV MW MX MY MZ '
        'NA NC NE NF NG NI NL NO NP NR NU NZ OM PA PE PF PG PH PK PL PM PN PR PS PT PW PY '
        'QA RE RO RS RU RW SA SB SC SD SE SG SH SI SJ SK SL SM SN SO SR SS ST SV SX SY SZ '
        'TC TD TF TG TH TJ TK TL TM TN TO TR TT TV TW TZ UA UG UM US UY UZ VA VC VE VG VI '
        'VN VU WF WS XK YE YT ZA ZM ZW ';
BEGIN
    IF parts IS NULL THEN
        RAISE EXCEPTION 'texts.% is not a language tag', coalesce(left(locale, 40), 'NULL')
            USING ERRCODE = '22023',
                  HINT = 'Use a language, with a region if it matters: "ar", "en", "ar-EG".';
    END IF;
    IF barid.plural_classes(tongue, false) IS NULL THEN
        RAISE EXCEPTION 'texts.%: there is no language "%"', locale, tongue
            USING ERRCODE = '22023', HINT = 'Use a language''s ISO 639 code, such as "ar" or "en".';
    END IF;
    IF script NOT IN ('Arab', 'Beng', 'Cyrl', 'Deva', 'Guru', 'Hans', 'Hant', 'Hebr', 'Latn') THEN
        RAISE EXCEPTION 'texts.%: the script "%" is not known', locale, script
            USING ERRCODE = '22023', HINT = 'Leave it out unless the language has several.';
    END IF;
    IF region !~ '^[0-9]' AND strpos(regions, ' ' || region || ' ') = 0
       OR region ~ '^[0-9]' AND region NOT IN ('001', '150', '419') THEN
        RAISE EXCEPTION 'texts.%: there is no region "%"', locale, region
            USING ERRCODE = '22023', HINT = 'Use a region''s ISO 3166 code, such as "EG" or "SA".';
    END IF;
    RETURN concat_ws('-', tongue, script, region);
END $$;

CREATE FUNCTION barid.is_rtl(locale text) RETURNS boolean
LANGUAGE sql IMMUTABLE SET search_path = pg_catalog, pg_temp AS $$
    SELECT lower(split_part(locale, '-', 1))
           IN ('ar', 'fa', 'he', 'ur', 'ps', 'sd', 'ug', 'yi', 'dv', 'ckb')
$$;

--------------------------------------------------------------------------------------------------
-- Variables.

-- Whether `value` is a decimal number of bounded size, or a text of one.
CREATE FUNCTION barid.is_decimal(value jsonb) RETURNS boolean
LANGUAGE sql IMMUTABLE SET search_path = pg_catalog, pg_temp AS $$
    SELECT coalesce(CASE jsonb_typeof(value)
        WHEN 'string' THEN value #>> '{}' ~ '^-?[0-9]{1,15}(\.[0-9]{1,9})?$'
        WHEN 'number' THEN abs((value #>> '{}')::numeric) < 1e15 END, false)
$$;

CREATE FUNCTION barid.is_instant(value jsonb) RETURNS boolean
LANGUAGE plpgsql IMMUTABLE SET search_path = pg_catalog, barid, pg_temp AS $$
DECLARE
    parts int[] := regexp_match(value #>> '{}',
        '^([0-9]{4})-(0[1-9]|1[0-2])-(0[1-9]|[12][0-9]|3[01])'
        '(?:[T ](?:[01][0-9]|2[0-3]):[0-5][0-9](?::[0-5][0-9](?:\.[0-9]{1,9})?)?'
        '(?:Z|[+-](?:0[0-9]|1[0-4])(?::?[0-5][0-9])?))?$')::int[];
BEGIN
    IF jsonb_typeof(value) IS DISTINCT FROM 'string' OR parts IS NULL OR parts[1] = 0 THEN
        RETURN false;
    END IF;
    RETURN parts[3] <= extract(day FROM make_date(parts[1], parts[2], 1)
                                        + interval '1 month' - interval '1 day');
END $$;

-- Why `value` can't be a variable that `spec` describes; NULL when it can.
CREATE FUNCTION barid.var_problem(spec jsonb, value jsonb) RETURNS text
LANGUAGE plpgsql IMMUTABLE SET search_path = pg_catalog, barid, pg_temp AS $$
DECLARE
    kind text := spec ->> 'type';
    most int := coalesce((spec ->> 'max_length')::int, 2000);
BEGIN
    CASE kind
    WHEN 'string' THEN
        -- A number stands as it is written: an order's, for instance.
        IF jsonb_typeof(value) = 'number' AND barid.is_decimal(value) THEN RETURN NULL; END IF;
        IF jsonb_typeof(value) <> 'string' THEN RETURN 'must be a text'; END IF;
        IF char_length(value #>> '{}') > most THEN
            RETURN format('has %s characters, at most %s are allowed',
                          char_length(value #>> '{}'), most);
        END IF;
    WHEN 'boolean' THEN
        IF jsonb_typeof(value) <> 'boolean' THEN RETURN 'must be true or false'; END IF;
    WHEN 'number' THEN
        IF NOT barid.is_decimal(value) THEN
            RETURN 'must be a number of at most 15 digits and 9 decimals, or a text of one';
        END IF;
    WHEN 'integer' THEN
        IF NOT barid.is_decimal(value) OR (value #>> '{}')::numeric % 1 <> 0 THEN
            RETURN 'must be a whole number of at most 15 digits';
        END IF;
    WHEN 'money' THEN
        IF jsonb_typeof(value) <> 'object' OR NOT barid.is_decimal(value -> 'amount')
           OR jsonb_typeof(value -> 'currency') IS DISTINCT FROM 'string'
           OR value ->> 'currency' !~ '^[A-Z]{3}$' OR value - 'amount' - 'currency' <> '{}' THEN
            RETURN 'must be like {"amount": "149.50", "currency": "SAR"}';
        END IF;
    WHEN 'date' THEN
        IF NOT barid.is_instant(value) THEN
            RETURN 'must be a time with an offset, like 2026-11-22T07:30:00+03:00, or a day';
        END IF;
    ELSE
        RETURN 'has no type';
    END CASE;
    RETURN NULL;
END $$;

-- The schema with every default written out; raises an error for what is none.
CREATE FUNCTION barid.check_schema(variables jsonb) RETURNS jsonb
LANGUAGE plpgsql IMMUTABLE SET search_path = pg_catalog, barid, pg_temp AS $$
DECLARE
    item    record;
    spec    jsonb;
    problem text;
    checked jsonb := '{}';
BEGIN
    IF jsonb_typeof(variables) IS DISTINCT FROM 'object' THEN
        RAISE EXCEPTION 'variables must be an object of variables'
            USING ERRCODE = '22023',
                  HINT = 'For example {"order": {"type": "string"}, "total": {"type": "money"}}.';
    END IF;
    IF (SELECT count(*) FROM jsonb_object_keys(variables)) > 32 THEN
        RAISE EXCEPTION 'a template has at most 32 variables' USING ERRCODE = '22023';
    END IF;
    FOR item IN SELECT v.key AS name, v.value AS spec FROM jsonb_each(variables) v LOOP
        spec := item.spec;
        IF item.name !~ '^[A-Za-z][A-Za-z0-9_]{0,63}$' THEN
            RAISE EXCEPTION 'variable % must be a letter, then letters, digits and underscores',
                quote_literal(left(item.name, 80)) USING ERRCODE = '22023';
        END IF;
        problem := CASE
            WHEN jsonb_typeof(spec) <> 'object' THEN 'must be an object'
            WHEN coalesce(spec ->> 'type', '') NOT IN
                 ('string', 'number', 'integer', 'money', 'date', 'boolean')
                THEN 'needs a type: string, number, integer, money, date or boolean'
            WHEN spec - '{type,required,max_length,sample}'::text[] <> '{}'
                THEN 'may have type, required, max_length and sample, nothing else'
            WHEN jsonb_typeof(spec -> 'required') NOT IN ('boolean', 'null')
                THEN 'has a required that is neither true nor false'
            WHEN spec -> 'required' = 'false' AND spec ->> 'type' NOT IN ('string', 'boolean')
                THEN format('is a %s and must be required: only a text can be left out',
                            spec ->> 'type')
            WHEN jsonb_typeof(spec -> 'max_length') NOT IN ('number', 'null')
                OR jsonb_typeof(spec -> 'max_length') = 'number'
                   AND (spec ->> 'max_length' !~ '^[0-9]{1,5}$'
                        OR (spec ->> 'max_length')::int NOT BETWEEN 1 AND 10000)
                THEN 'has a max_length that is not between 1 and 10000'
            WHEN jsonb_typeof(spec -> 'max_length') = 'number' AND spec ->> 'type' <> 'string'
                THEN 'has a max_length, which only a string can have'
            END;
        IF problem IS NULL AND jsonb_typeof(spec -> 'sample') <> 'null' THEN
            problem := 'has a sample that ' || barid.var_problem(spec, spec -> 'sample');
        END IF;
        IF problem IS NOT NULL THEN
            RAISE EXCEPTION 'variables.% %', item.name, problem
                USING ERRCODE = '22023',
                      HINT = 'For example {"type": "string", "max_length": 40, "sample": "A-1042"}.';
        END IF;
        checked := checked || jsonb_build_object(item.name, jsonb_strip_nulls(
            '{"required": true}'::jsonb || jsonb_strip_nulls(spec)));
    END LOOP;
    IF octet_length(checked::text) > 65536 THEN
        RAISE EXCEPTION 'variables have more than 65536 bytes' USING ERRCODE = '22023';
    END IF;
    RETURN checked;
END $$;

--------------------------------------------------------------------------------------------------
-- The language of texts.

CREATE FUNCTION barid.refuse_text(place text, at int, problem text, hint text) RETURNS void
LANGUAGE plpgsql IMMUTABLE SET search_path = pg_catalog, pg_temp AS $$
BEGIN
    RAISE EXCEPTION '%, character %: %', place, at, problem USING ERRCODE = '22023', HINT = hint;
END $$;

-- Whether ICU and Barid know how to write a number, date or time in this style.
CREATE FUNCTION barid.known_style(kind text, style text) RETURNS boolean
LANGUAGE plpgsql IMMUTABLE SET search_path = pg_catalog, pg_temp AS $$
DECLARE
    part  text;
    class text;
    seen  text[] := '{}';
BEGIN
    IF kind IN ('date', 'time') THEN
        RETURN style IN ('short', 'medium', 'long', 'full')
            OR style ~ '^::(y{1,4}|M{1,4}|E{1,4}|d{1,2}|h{1,2}|H{1,2}|j{1,2}|m{1,2}|s{1,2}|z)+$';
    END IF;
    IF style IN ('integer', 'percent', 'currency') THEN RETURN true; END IF;
    IF style !~ '^:: *[^ ]' OR char_length(style) > 100 THEN RETURN false; END IF;
    FOREACH part IN ARRAY regexp_split_to_array(btrim(substr(style, 3), ' '), ' +') LOOP
        class := CASE
            WHEN part = 'percent' OR part ~ '^currency/[A-Z]{3}$' THEN 'unit'
            WHEN part IN ('compact-short', 'compact-long') THEN 'notation'
            WHEN part = 'precision-integer' OR part ~ '^\.(?=.)0{0,9}#{0,9}$' THEN 'precision'
            WHEN part = 'group-off' THEN 'group'
            WHEN part = 'sign-always' THEN 'sign'
            WHEN part = 'scale/100' THEN 'scale'
            WHEN part IN ('unit-width-narrow', 'unit-width-iso-code', 'unit-width-full-name',
                          'unit-width-hidden') THEN 'width' END;
        IF class IS NULL OR class = ANY (seen) THEN RETURN false; END IF;
        seen := seen || class;
    END LOOP;
    RETURN true;
END $$;

-- Reads a text as ICU's MessageFormat does and raises an error, with its place, for what ICU or
-- Barid would refuse. `min_bytes`: no rendering is shorter. `plain`: it has nothing but strings
-- to put in. `uses`: [{"name", "kind", "style", "at", "words"}], in order.
--
-- A token is a brace, an apostrophe, or all up to the next one. The arrays have an element for
-- each plural or select around the current place; `sizes` counts the message inside it.
CREATE FUNCTION barid.read_message(content text, place text, locale text,
                                   OUT min_bytes int, OUT plain boolean, OUT uses jsonb)
LANGUAGE plpgsql IMMUTABLE SET search_path = pg_catalog, barid, pg_temp AS $$
DECLARE
    white  constant text := E'[\\t-\\r \\u0085\\u200e\\u200f\\u2028\\u2029]*';
    naming constant text := 'A variable is {name}: a letter, then letters, digits and underscores.'
                            ' A brace that is meant as one is written ''{'' or ''}''.';
    tokens text[];
    count  int;
    i      int := 1;      -- the token
    pos    int := 1;      -- its first character
    start  int;
    spot   int;           -- where a branch's word begins
    token  text;
    after  text;
    head   text;
    words  text;          -- what stands before a branch's brace; NULL: not at that place
    parts  text[];
    style  text;
    depth  int := 0;
    kinds  text[] := '{}';
    names  text[] := '{}';
    begins int[] := '{}';
    seen   jsonb[] := '{}';
    best   int[] := '{}';
    sizes  int[] := '{0}';
    args   int := 0;
    found_uses jsonb[] := '{}';
BEGIN
    plain := true;
    tokens := ARRAY(SELECT m[1] FROM regexp_matches(content, '([^{}'']+|[{}''])', 'g') m);
    count := cardinality(tokens);
    WHILE i <= count LOOP
        token := tokens[i];
        after := tokens[i + 1];
        words := NULL;
        IF token = '''' THEN
            IF after = '''' THEN
                sizes[depth + 1] := sizes[depth + 1] + 1;
                i := i + 2; pos := pos + 2;
            ELSIF after IN ('{', '}')
                  OR left(after, 1) = '#' AND kinds[depth] IN ('plural', 'selectordinal') THEN
                start := pos;
                i := i + 1; pos := pos + 1;
                LOOP
                    IF i > count THEN
                        PERFORM barid.refuse_text(place, start,
                            'an apostrophe before a brace quotes all that follows',
                            'End the quoted text with another apostrophe; '
                            'write '''' for a plain one.');
                    END IF;
                    IF tokens[i] = '''' AND tokens[i + 1] IS DISTINCT FROM '''' THEN EXIT; END IF;
                    sizes[depth + 1] := sizes[depth + 1] + octet_length(tokens[i]);
                    IF tokens[i] = '''' THEN i := i + 1; pos := pos + 1; END IF;
                    pos := pos + char_length(tokens[i]);
                    i := i + 1;
                END LOOP;
                i := i + 1; pos := pos + 1;
            ELSE
                sizes[depth + 1] := sizes[depth + 1] + 1;
                i := i + 1; pos := pos + 1;
            END IF;
        ELSIF token = '{' THEN
            args := args + 1;
            start := pos;
            i := i + 1; pos := pos + 1;
            head := '';
            IF i <= count AND tokens[i] NOT IN ('{', '}', '''') THEN
                head := tokens[i];
                i := i + 1; pos := pos + char_length(head);
            END IF;
            after := tokens[i];
            parts := regexp_match(head, '^' || white || '([A-Za-z][A-Za-z0-9_]{0,63})' || white
                || '(?:,' || white || '([A-Za-z]+)' || white || '(?:,(.*))?)?$');
            IF args > 100 THEN
                PERFORM barid.refuse_text(place, start, 'a text has at most 100 {…}',
                                          'Make it shorter, or two templates.');
            END IF;
            IF parts IS NULL OR after IS NULL OR after = ''''
               OR after = '{' AND coalesce(parts[2], '')
                                  NOT IN ('plural', 'selectordinal', 'select') THEN
                PERFORM barid.refuse_text(place, start,
                    CASE WHEN after IS NULL
                    THEN format('"{%s" opens a brace that is never closed', left(head, 60))
                    ELSE format('"{%s%s" has a brace that is not part of a {variable}',
                                left(head, 60), left(after, 1)) END, naming);
            END IF;
            style := regexp_replace(parts[3], '^' || white || '|' || white || '$', '', 'g');
            IF parts[2] IS NULL OR parts[2] IN ('number', 'date', 'time') THEN
                IF style IS NOT NULL AND NOT barid.known_style(parts[2], style) THEN
                    PERFORM barid.refuse_text(place, start,
                        format('{%s, %s} has the style "%s", which is not known', parts[1],
                               parts[2], left(style, 60)),
                        CASE parts[2] WHEN 'number'
                        THEN 'Known are integer, percent, currency, and skeletons such as '
                             '::currency/SAR, ::.00, ::compact-short.'
                        ELSE 'Known are short, medium, long, full, and skeletons such as '
                             '::yMMMd or ::jm.' END);
                END IF;
                IF parts[2] IS NOT NULL THEN
                    plain := false;
                    sizes[depth + 1] := sizes[depth + 1] + 1;
                END IF;
                found_uses := found_uses || jsonb_build_object('name', parts[1], 'kind',
                    coalesce(parts[2], 'value'), 'style', style, 'at', start);
                i := i + 1; pos := pos + 1;
            ELSIF parts[2] IN ('plural', 'selectordinal', 'select') THEN
                IF depth >= 4 THEN
                    PERFORM barid.refuse_text(place, start, 'plurals and selects stand inside one '
                        'another 5 times, at most 4 are possible', 'Say it in simpler sentences.');
                END IF;
                depth := depth + 1;
                kinds[depth] := parts[2];
                names[depth] := parts[1];
                begins[depth] := start;
                seen[depth] := '[]';
                best[depth] := NULL;
                plain := false;
                words := coalesce(parts[3], '');
                found_uses := found_uses || jsonb_build_object('name', parts[1], 'kind', parts[2],
                    'at', start);
                IF parts[2] <> 'select' THEN
                    parts := regexp_match(words, '^' || white || 'offset:' || white
                                                 || E'[0-9]{1,4}(?=[\\t-\\r ])(.*)$');
                    words := coalesce(parts[1], words);
                END IF;
            ELSE
                PERFORM barid.refuse_text(place, start,
                    format('{%s, %s} is not supported', parts[1], left(parts[2], 30)),
                    'Supported are number, date, time, plural, selectordinal and select, in '
                    'small letters.');
            END IF;
        ELSIF token = '}' THEN
            IF depth = 0 THEN
                PERFORM barid.refuse_text(place, pos,
                    '"}" is a brace that is not part of a {variable}', naming);
            END IF;
            best[depth] := least(best[depth], sizes[depth + 1]);
            i := i + 1; pos := pos + 1;
            words := '';
            IF i <= count AND tokens[i] NOT IN ('{', '}', '''') THEN
                words := tokens[i];
                i := i + 1; pos := pos + char_length(words);
            END IF;
        ELSE
            IF kinds[depth] = 'select' AND strpos(token, '#') > 0
               AND kinds && '{plural,selectordinal}'::text[] THEN
                PERFORM barid.refuse_text(place, pos + strpos(token, '#') - 1,
                    format('"#" is no number inside {%s, select}', names[depth]),
                    'Write the number as {name}, or put the select around the plural.');
            END IF;
            sizes[depth + 1] := sizes[depth + 1] + octet_length(token);
            i := i + 1; pos := pos + char_length(token);
        END IF;
        CONTINUE WHEN words IS NULL;

        -- Before a branch, or at the end of its plural or select.
        after := tokens[i];
        spot := pos - char_length(regexp_replace(words, '^' || white, ''));
        words := regexp_replace(words, '^' || white || '|' || white || '$', '', 'g');
        IF after IS NULL THEN
            PERFORM barid.refuse_text(place, begins[depth],
                format('{%s, %s is not closed', names[depth], kinds[depth]),
                'Each branch is a word and a {text}; one more "}" ends them all.');
        ELSIF after = '}' AND words = '' THEN
            IF NOT seen[depth] ? 'other' THEN
                PERFORM barid.refuse_text(place, begins[depth],
                    format('{%s, %s} lacks "other"', names[depth], kinds[depth]),
                    'Add other {…}: what is said when no other branch fits.');
            END IF;
            depth := depth - 1;
            sizes[depth + 1] := sizes[depth + 1] + best[depth + 1];
            kinds := kinds[:depth];
        ELSIF after = '{' THEN
            IF kinds[depth] = 'select' THEN
                IF words !~ '^[A-Za-z0-9_]{1,64}$' THEN
                    PERFORM barid.refuse_text(place, spot,
                        format('"%s" can''t be a branch of {%s, select}', left(words, 60),
                               names[depth]),
                        'A branch is one word of letters, digits and underscores, then {text}.');
                END IF;
            ELSIF words !~ '^=[0-9]{1,9}$' AND NOT words = ANY (barid.plural_classes(
                      lower(split_part(locale, '-', 1)), kinds[depth] = 'selectordinal')) THEN
                PERFORM barid.refuse_text(place, spot,
                    format('"%s" can''t be a branch of {%s, %s} in "%s"', left(words, 60),
                           names[depth], kinds[depth], locale),
                    format('The classes of this language are %s; =N is for one number.',
                           array_to_string(barid.plural_classes(lower(split_part(locale, '-', 1)),
                               kinds[depth] = 'selectordinal'), ', ')));
            END IF;
            IF seen[depth] ? words OR jsonb_array_length(seen[depth]) >= 32 THEN
                PERFORM barid.refuse_text(place, spot,
                    CASE WHEN seen[depth] ? words
                    THEN format('{%s, %s} has the branch "%s" twice', names[depth], kinds[depth],
                                words)
                    ELSE format('{%s, %s} has more than 32 branches', names[depth],
                                kinds[depth]) END, 'Keep one of them.');
            END IF;
            seen[depth] := seen[depth] || to_jsonb(words);
            sizes[depth + 1] := 0;
        ELSE
            PERFORM barid.refuse_text(place, spot,
                format('{%s, %s} has "%s" without a {text}', names[depth], kinds[depth],
                       left(words, 60)),
                'Each branch is a word and a {text}: one {…} other {…}.');
        END IF;
        i := i + 1; pos := pos + 1;
    END LOOP;
    IF depth > 0 THEN
        PERFORM barid.refuse_text(place, begins[depth],
            format('{%s, %s is not closed', names[depth], kinds[depth]),
            'Each branch is a word and a {text}; one more "}" ends them all.');
    END IF;
    min_bytes := sizes[1];
    uses := to_jsonb(found_uses);
END $$;

-- Raises an error when a text uses a variable that isn't declared, or in a way its type doesn't
-- have.
CREATE FUNCTION barid.check_uses(uses jsonb, schema jsonb, place text) RETURNS void
LANGUAGE plpgsql IMMUTABLE SET search_path = pg_catalog, barid, pg_temp AS $$
DECLARE
    item record;
    spec jsonb;
    kind text;
    hint text;
BEGIN
    FOR item IN SELECT u ->> 'name' AS name, u ->> 'kind' AS kind, u ->> 'style' AS style,
                       (u ->> 'at')::int AS at
                FROM jsonb_array_elements(uses) u LOOP
        spec := schema -> item.name;
        kind := spec ->> 'type';
        IF spec IS NULL THEN
            PERFORM barid.refuse_text(place, item.at,
                format('uses {%s}, which is not one of the template''s variables', item.name),
                format('Declared are: %s.', coalesce((SELECT string_agg(k, ', ' ORDER BY k)
                       FROM jsonb_object_keys(schema) k), 'none')));
        END IF;
        hint := CASE
            WHEN item.kind = 'value' AND kind = 'boolean'
                THEN 'true or false is nothing to show: use select.'
            WHEN item.kind IN ('date', 'time') AND kind <> 'date'
                THEN 'Declare it as a date.'
            WHEN item.kind = 'number' AND kind NOT IN ('number', 'integer', 'money')
                THEN 'Declare it as a number, integer or money.'
            WHEN item.kind = 'number' AND kind <> 'money' AND item.style = 'currency'
                THEN 'Say which one, as in ::currency/SAR, or declare it as money.'
            WHEN item.kind = 'number' AND kind = 'money'
                 AND (item.style IN ('integer', 'percent') OR item.style ~ 'percent|currency/')
                THEN 'Money brings its own currency: write {name}, or a style such as ::.00.'
            WHEN item.kind IN ('plural', 'selectordinal') AND kind NOT IN ('number', 'integer')
                THEN 'Declare it as an integer or a number.'
            WHEN item.kind = 'select' AND kind NOT IN ('string', 'boolean')
                THEN 'Declare it as a string or a boolean; for numbers use plural.' END;
        IF hint IS NOT NULL THEN
            PERFORM barid.refuse_text(place, item.at,
                format('{%s%s} doesn''t fit a variable of type %s', item.name,
                       CASE WHEN item.kind <> 'value' THEN ', ' || item.kind ELSE '' END
                       || coalesce(', ' || item.style, ''), kind), hint);
        END IF;
    END LOOP;
END $$;

--------------------------------------------------------------------------------------------------
-- Saving.

-- What remains of a push's 4,096 bytes for title and body, at most: FCM's own words take the rest.
CREATE FUNCTION barid.push_text_bytes() RETURNS int
LANGUAGE sql IMMUTABLE SET search_path = pg_catalog, pg_temp AS 'SELECT 4096 - 250';

-- One row for each text of {"en": {"title", "body", "html", "push": {…}, "email": {…}}, …}.
CREATE FUNCTION barid.template_texts(texts jsonb)
RETURNS TABLE (channel text, locale text, title text, body text, html text, place text)
LANGUAGE plpgsql IMMUTABLE SET search_path = pg_catalog, barid, pg_temp AS $$
#variable_conflict use_variable
DECLARE
    item  record;
    own   jsonb;
    allowed text[];
BEGIN
    FOR item IN SELECT t.key AS locale, t.value AS content FROM jsonb_each(texts) t LOOP
        locale := barid.check_template_locale(item.locale);
        IF jsonb_typeof(item.content) <> 'object' THEN
            RAISE EXCEPTION 'texts.% must be an object with "title" and "body"', item.locale
                USING ERRCODE = '22023';
        END IF;
        FOREACH channel IN ARRAY ARRAY['*', 'push', 'email'] LOOP
            own := CASE WHEN channel = '*' THEN item.content - 'push' - 'email'
                        ELSE item.content -> channel END;
            place := concat_ws('.', 'texts', item.locale, nullif(channel, '*'));
            allowed := CASE channel WHEN 'push' THEN '{title,body}'
                                    ELSE '{title,body,html}' END::text[];
            CONTINUE WHEN own IS NULL;
            CONTINUE WHEN channel = '*' AND own = '{}' AND item.content ?| '{push,email}';
            IF jsonb_typeof(own) <> 'object'
               OR jsonb_typeof(own -> 'title') IS DISTINCT FROM 'string'
               OR jsonb_typeof(own -> 'body') IS DISTINCT FROM 'string'
               OR jsonb_typeof(own -> 'html') NOT IN ('string', 'null')
               OR own - allowed <> '{}' OR own ->> 'title' = '' THEN
                RAISE EXCEPTION '% must be an object of "title" (not empty) and "body"%', place,
                    CASE channel WHEN '*' THEN '; "html", "push" and "email" may follow'
                                 WHEN 'email' THEN '; "html" may follow' ELSE '' END
                    USING ERRCODE = '22023',
                          HINT = 'For example {"en": {"title": "…", "body": "…"}, "ar": {…}}.';
            END IF;
            title := own ->> 'title';
            body := own ->> 'body';
            html := nullif(own ->> 'html', '');
            RETURN NEXT;
        END LOOP;
    END LOOP;
END $$;

-- The whole work of barid.upsert_template. `untyped`: types are taken from the texts.
CREATE FUNCTION barid.save_template(key text, texts jsonb, variables jsonb, untyped boolean)
RETURNS int
LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, barid, pg_temp AS $$
DECLARE
    latest int;
    item   record;
    field  record;
    read   record;
    bytes  int;
    fields jsonb := '[]';
    use    record;
    schema jsonb;
    twice  text;
BEGIN
    IF save_template.key IS NULL OR save_template.key !~ '^[a-z0-9][a-z0-9._-]{0,63}$' THEN
        RAISE EXCEPTION 'template key % must match [a-z0-9][a-z0-9._-]{0,63}',
            quote_nullable(left(save_template.key, 80)) USING ERRCODE = '22023';
    END IF;
    IF save_template.texts IS NULL OR jsonb_typeof(save_template.texts) <> 'object'
       OR save_template.texts = '{}' THEN
        RAISE EXCEPTION 'texts must be an object of languages'
            USING ERRCODE = '22023',
                  HINT = 'For example {"en": {"title": "…", "body": "…"}, "ar": {…}}.';
    END IF;
    IF (SELECT count(*) FROM jsonb_object_keys(save_template.texts)) > 50 THEN
        RAISE EXCEPTION 'a template has at most 50 languages' USING ERRCODE = '22023';
    END IF;
    schema := barid.check_schema(save_template.variables);
    SELECT t.locale INTO twice FROM barid.template_texts(save_template.texts) t
    GROUP BY t.channel, t.locale HAVING count(*) > 1 LIMIT 1;
    IF FOUND THEN
        RAISE EXCEPTION 'texts has "%" twice, spelled differently', twice USING ERRCODE = '22023';
    END IF;
    FOR item IN SELECT t.* FROM barid.template_texts(save_template.texts) t LOOP
        bytes := 0;
        FOR field IN SELECT f.* FROM (VALUES ('title', item.title, 8192), ('body', item.body, 65536),
                                             ('html', item.html, 65536)) f (name, content, most)
                     WHERE f.content IS NOT NULL LOOP
            IF octet_length(field.content) > field.most THEN
                RAISE EXCEPTION '%.% has % bytes, at most % are possible', item.place, field.name,
                    octet_length(field.content), field.most USING ERRCODE = '22023';
            END IF;
            read := barid.read_message(field.content, item.place || '.' || field.name,
                                       item.locale);
            fields := fields || jsonb_build_array(jsonb_build_object(
                'place', item.place || '.' || field.name, 'uses', read.uses));
            bytes := bytes + CASE field.name WHEN 'html' THEN 0 ELSE read.min_bytes END;
        END LOOP;
        IF item.channel <> 'email' AND bytes > barid.push_text_bytes() THEN
            RAISE EXCEPTION '% has at least % bytes of title and body, at most % fit into a push '
                'of 4096 bytes', item.place, bytes, barid.push_text_bytes()
                USING ERRCODE = '22023', HINT = 'Shorten it: an Arabic letter takes two bytes. '
                    'An e-mail may have a longer text of its own: "email": {…}.';
        END IF;
    END LOOP;
    IF save_template.untyped THEN
        FOR use IN SELECT DISTINCT ON (u ->> 'name') u ->> 'name' AS name, u ->> 'kind' AS kind
                   FROM jsonb_array_elements(fields) f, jsonb_array_elements(f -> 'uses') u
                   WHERE u ->> 'kind' NOT IN ('value', 'select') LOOP
            IF schema ? use.name THEN
                schema := jsonb_set(schema, ARRAY[use.name, 'type'], to_jsonb(
                    CASE WHEN use.kind IN ('date', 'time') THEN 'date' ELSE 'number' END));
            END IF;
        END LOOP;
    END IF;
    FOR item IN SELECT f ->> 'place' AS place, f -> 'uses' AS uses
                FROM jsonb_array_elements(fields) f LOOP
        PERFORM barid.check_uses(item.uses, schema, item.place);
    END LOOP;

    -- Two savers of one template take turns, so that versions have no gaps and no twins.
    PERFORM pg_advisory_xact_lock(hashtextextended('barid.template:' || save_template.key, 0));
    SELECT max(t.version) INTO latest FROM barid.template t WHERE t.key = save_template.key;
    IF latest IS NOT NULL AND NOT EXISTS (
        SELECT FROM (SELECT t.channel, t.locale, t.title, t.body, t.html, t.variables
                     FROM barid.template t
                     WHERE t.key = save_template.key AND t.version = latest) was
        FULL JOIN (SELECT n.channel, n.locale, n.title, n.body, n.html, schema AS variables
                   FROM barid.template_texts(save_template.texts) n) will
          ON was.channel = will.channel AND was.locale = will.locale
        WHERE (was.title, was.body, was.html, was.variables)
              IS DISTINCT FROM (will.title, will.body, will.html, will.variables)) THEN
        RETURN latest;
    END IF;
    INSERT INTO barid.template (key, version, channel, locale, title, body, html, variables)
    SELECT save_template.key, coalesce(latest, 0) + 1, n.channel, n.locale, n.title, n.body,
           n.html, schema
    FROM barid.template_texts(save_template.texts) n;
    RETURN coalesce(latest, 0) + 1;
END $$;

-- Replaces the function of 0002, which knew names alone.
--
-- `texts`: {"en": {"title": …, "body": …}, "ar": {…}}; a language may add "html" for e-mail, and
-- "push" or "email" with texts of their own. `variables`: {"order": {"type": "string",
-- "required": true, "max_length": 40, "sample": "A-1042"}, …}; or names alone, whose types are
-- taken from the texts. Returns the version: a new one when anything differs from the last.
DROP FUNCTION barid.upsert_template(text, jsonb, text[]);
CREATE FUNCTION barid.upsert_template(key text, texts jsonb, variables jsonb) RETURNS int
LANGUAGE sql SECURITY DEFINER SET search_path = pg_catalog, barid, pg_temp AS $$
    SELECT barid.save_template(key, texts, coalesce(variables, '{}'), false)
$$;
CREATE FUNCTION barid.upsert_template(key text, texts jsonb, variables text[]) RETURNS int
LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, barid, pg_temp AS $$
BEGIN
    IF upsert_template.variables && ARRAY[NULL, '']::text[]
       OR array_position(upsert_template.variables, NULL) IS NOT NULL THEN
        RAISE EXCEPTION 'a variable has no name' USING ERRCODE = '22023';
    END IF;
    RETURN barid.save_template(upsert_template.key, upsert_template.texts,
                               barid.schema_of_names(upsert_template.variables), true);
END $$;
-- A literal may be either of both: '{order,name}' or '{"order": {"type": "string"}}'.
CREATE FUNCTION barid.upsert_template(key text, texts jsonb, variables text DEFAULT '{}')
RETURNS int
LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, barid, pg_temp AS $$
BEGIN
    IF upsert_template.variables ~ '^\s*\{\s*("([^"\\]|\\.)*"\s*:|\})' THEN
        RETURN barid.upsert_template(upsert_template.key, upsert_template.texts,
                                     upsert_template.variables::jsonb);
    END IF;
    RETURN barid.upsert_template(upsert_template.key, upsert_template.texts,
                                 upsert_template.variables::text[]);
END $$;
DROP FUNCTION barid.check_placeholders(text, text[], text);

--------------------------------------------------------------------------------------------------
-- Using.

-- A version with its texts, as the worker reads it; NULL when there is none. No version: the
-- newest.
CREATE FUNCTION barid.template_version(key text, version int DEFAULT NULL) RETURNS jsonb
LANGUAGE sql STABLE SECURITY DEFINER SET search_path = pg_catalog, barid, pg_temp AS $$
    SELECT jsonb_build_object('key', t.key, 'version', t.version,
               'variables', (array_agg(t.variables))[1],
               'texts', jsonb_agg(jsonb_build_object('channel', t.channel, 'locale', t.locale,
                   'title', t.title, 'body', t.body, 'html', t.html)
                   ORDER BY t.channel COLLATE "C", t.locale COLLATE "C"))
    FROM barid.template t
    WHERE t.key = template_version.key
      AND t.version = coalesce(template_version.version,
                               (SELECT max(l.version) FROM barid.template l
                                WHERE l.key = template_version.key))
    GROUP BY t.key, t.version
$$;

-- Raises an error that names every variable which is missing, of another type, too long, or not
-- one of the template's.
CREATE FUNCTION barid.check_vars(template text, version int, vars jsonb) RETURNS void
LANGUAGE plpgsql STABLE SECURITY DEFINER SET search_path = pg_catalog, barid, pg_temp AS $$
DECLARE
    schema   jsonb;
    problems text;
BEGIN
    SELECT t.variables INTO schema FROM barid.template t
    WHERE t.key = check_vars.template
      AND (check_vars.version IS NULL OR t.version = check_vars.version)
    ORDER BY t.version DESC LIMIT 1;
    IF schema IS NULL THEN
        RAISE EXCEPTION 'template % does not exist',
            concat_ws(' version ', quote_nullable(left(check_vars.template, 80)),
                      check_vars.version::text)
            USING ERRCODE = '22023', HINT = 'Create it with barid.upsert_template.';
    END IF;
    vars := coalesce(vars, '{}');
    IF jsonb_typeof(vars) <> 'object' THEN
        RAISE EXCEPTION 'vars must be an object' USING ERRCODE = '22023';
    END IF;
    IF octet_length(vars::text) > 65536 THEN
        RAISE EXCEPTION 'vars have more than 65536 bytes' USING ERRCODE = '22023';
    END IF;
    SELECT string_agg(format('vars.%s %s', left(p.name, 64), p.problem), '; ' ORDER BY p.name)
    INTO problems
    FROM (SELECT s.key AS name,
                 CASE WHEN coalesce(vars -> s.key, 'null') = 'null'
                      THEN CASE WHEN (s.value ->> 'required')::boolean
                           THEN format('is missing (%s)', s.value ->> 'type') END
                      ELSE barid.var_problem(s.value, vars -> s.key) END AS problem
          FROM jsonb_each(schema) s
          UNION ALL
          SELECT v.key, 'isn''t one of the template''s variables'
          FROM jsonb_each(vars) v WHERE NOT schema ? v.key) p
    WHERE p.problem IS NOT NULL;
    IF problems IS NOT NULL THEN
        RAISE EXCEPTION 'template %: %', check_vars.template, left(problems, 2000)
            USING ERRCODE = '22023',
                  HINT = format('Its variables are: %s.', coalesce(
                      (SELECT string_agg(s.key || ' (' || (s.value ->> 'type') || ')', ', '
                                         ORDER BY s.key) FROM jsonb_each(schema) s), 'none'));
    END IF;
END $$;

-- `value` ready to stand inside a sentence of `locale`, by the rule of notify/locale.cpp: between
-- U+2068 and U+2069 when its direction is foreign, and without direction controls. NULL when it
-- has characters that this function doesn't know the direction of; the worker knows all.
CREATE FUNCTION barid.isolate(value text, locale text) RETURNS text
LANGUAGE plpgsql IMMUTABLE SET search_path = pg_catalog, barid, pg_temp AS $$
DECLARE
    leftward  constant text := E'A-Za-z\\u00aa\\u00b5\\u00ba\\u00c0-\\u00d6\\u00d8-\\u00f6'
        '\\u00f8-\\u02b8\\u0370-\\u0373\\u0376-\\u0377\\u037b-\\u037d\\u0386\\u0388-\\u038a'
        '\\u038e-\\u03a1\\u03a3-\\u03f5\\u0400-\\u0482\\u048a-\\u052f\\u0905-\\u0939'
        '\\u0e01-\\u0e30\\u1e00-\\u1eff\\u200e\\u3041-\\u3096\\u30a1-\\u30fa\\u4e00-\\u9fff'
        '\\uac00-\\ud7a3';
    rightward constant text := E'\\u05be\\u05d0-\\u05ea\\u0608\\u060b\\u060d\\u061b\\u061c-\\u064a'
        '\\u066d-\\u066f\\u0671-\\u06d5\\u06e5-\\u06e6\\u06ee-\\u06ef\\u06fa-\\u06ff'
        '\\u0750-\\u077f\\u200f\\ufb50-\\ufbb1\\ufbd3-\\ufd3d\\ufd50-\\ufd8f\\ufdf0-\\ufdfc'
        '\\ufe70-\\ufe74\\ufe76-\\ufefc';
    digits    constant text := E'0-9\\u00b2-\\u00b3\\u00b9\\u0660-\\u0669\\u066b-\\u066c'
        '\\u06f0-\\u06f9';
    neutral   constant text := E'\\u0001-/:-@[-`{-\\u00a9\\u00ab-\\u00b1\\u00b4\\u00b6-\\u00b8'
        '\\u00bb-\\u00bf\\u00d7\\u00f7\\u0300-\\u036f\\u060c\\u064b-\\u065f\\u066a\\u0670'
        '\\u2000-\\u200d\\u2010-\\u2029\\u202f-\\u205e\\u20a0-\\u20bf\\u2190-\\u21ff'
        '\\u2600-\\u26ab\\u26ad-\\u27ff\\u3000-\\u3004\\u3008-\\u3020\\ufe0f'
        '\\U0001f300-\\U0001f64f\\U0001f680-\\U0001f6c5\\U0001f900-\\U0001f9ff';
    inside    text;
BEGIN
    inside := regexp_replace(value, E'[\\u202a-\\u202e\\u2066-\\u2069]', '', 'g');
    IF inside ~ ('[^' || leftward || rightward || digits || neutral || ']') THEN RETURN NULL; END IF;
    IF inside ~ ('[' || CASE WHEN barid.is_rtl(locale) THEN leftward || digits ELSE rightward END
                     || ']') THEN
        RETURN E'\u2068' || inside || E'\u2069';
    END IF;
    RETURN inside;
END $$;

-- A text that only puts strings in. NULL when it does more, or a value needs the worker's eye.
CREATE FUNCTION barid.render_message(content text, locale text, vars jsonb, schema jsonb)
RETURNS text
LANGUAGE plpgsql IMMUTABLE SET search_path = pg_catalog, barid, pg_temp AS $$
DECLARE
    tokens text[] := ARRAY(SELECT m[1]
                           FROM regexp_matches(content, '([^{}'']+|[{}''])', 'g') m);
    i      int := 1;
    shown  text := '';
    name   text;
    quoted boolean := false;
    white  constant text := E'[\\t-\\r \\u0085\\u200e\\u200f\\u2028\\u2029]*';
BEGIN
    WHILE i <= cardinality(tokens) LOOP
        IF tokens[i] = '''' THEN
            IF tokens[i + 1] = '''' THEN
                shown := shown || '''';
                i := i + 1;
            ELSIF quoted THEN
                quoted := false;
            ELSIF tokens[i + 1] IN ('{', '}') THEN
                quoted := true;
            ELSE
                shown := shown || '''';
            END IF;
        ELSIF tokens[i] = '{' AND NOT quoted THEN
            name := (regexp_match(tokens[i + 1], '^' || white || '([A-Za-z][A-Za-z0-9_]*)'
                                                 || white || '$'))[1];
            IF name IS NULL OR schema -> name ->> 'type' IS DISTINCT FROM 'string' THEN
                RETURN NULL;
            END IF;
            IF jsonb_typeof(vars -> name) = 'string'
               OR jsonb_typeof(vars -> name) = 'number' AND vars ->> name ~ '^-?[0-9]{1,15}$' THEN
                shown := shown || barid.isolate(vars ->> name, locale);
            ELSIF (schema -> name ->> 'required')::boolean
                  OR coalesce(vars -> name, 'null') <> 'null' THEN
                RETURN NULL;
            END IF;
            i := i + 2;
        ELSE
            shown := shown || tokens[i];
        END IF;
        i := i + 1;
    END LOOP;
    RETURN shown;
END $$;

-- The text of an inbox item, for templates that need no ICU; otherwise all three are NULL and the
-- worker renders it. The language is chosen as in notify/locale.cpp. `vars` have passed
-- barid.check_vars.
CREATE FUNCTION barid.render_plain(template text, version int, wanted_locale text, fallback text,
                                   vars jsonb, OUT locale text, OUT title text, OUT body text)
LANGUAGE plpgsql STABLE SECURITY DEFINER SET search_path = pg_catalog, barid, pg_temp AS $$
DECLARE
    chosen record;
    tag    text;
    wish   text;
    chose  boolean := false;
    pool   text[] := '{*,push}';
BEGIN
    IF render_plain.version IS NULL THEN
        SELECT max(t.version) INTO render_plain.version FROM barid.template t
        WHERE t.key = render_plain.template;
    END IF;
    -- An e-mail's text serves when there is no other.
    IF NOT EXISTS (SELECT FROM barid.template t
                   WHERE t.key = render_plain.template AND t.version = render_plain.version
                     AND t.channel = ANY (pool)) THEN
        pool := '{email}';
    END IF;
    -- The chain is ar-EG, ar, en: of each tag the same, or any region of a bare language.
    <<chain>>
    FOREACH tag IN ARRAY ARRAY[wanted_locale, fallback] LOOP
        wish := lower(replace(tag, '_', '-'));
        WHILE wish <> '' LOOP
            SELECT t.* INTO chosen FROM barid.template t
            WHERE t.key = render_plain.template AND t.version = render_plain.version
              AND t.channel = ANY (pool)
              AND (lower(t.locale) = wish
                   OR strpos(wish, '-') = 0 AND lower(split_part(t.locale, '-', 1)) = wish)
            ORDER BY lower(t.locale) <> wish, t.channel <> '*', t.locale COLLATE "C" LIMIT 1;
            chose := FOUND;
            EXIT chain WHEN chose;
            wish := CASE WHEN strpos(wish, '-') > 0
                         THEN regexp_replace(wish, '-[^-]*$', '') ELSE '' END;
        END LOOP;
    END LOOP;
    IF NOT chose THEN
        SELECT t.* INTO chosen FROM barid.template t
        WHERE t.key = render_plain.template AND t.version = render_plain.version
          AND t.channel = ANY (pool)
        ORDER BY t.channel <> '*', t.locale COLLATE "C" LIMIT 1;
        IF NOT FOUND THEN RETURN; END IF;
    END IF;
    title := barid.render_message(chosen.title, chosen.locale, coalesce(vars, '{}'),
                                  chosen.variables);
    body := barid.render_message(chosen.body, chosen.locale, coalesce(vars, '{}'),
                                 chosen.variables);
    IF title IS NULL OR body IS NULL THEN
        title := NULL;
        body := NULL;
    ELSE
        locale := chosen.locale;
    END IF;
END $$;

--------------------------------------------------------------------------------------------------
-- Who may do what.

GRANT EXECUTE ON FUNCTION barid.upsert_template(text, jsonb, jsonb),
    barid.upsert_template(text, jsonb, text[]), barid.upsert_template(text, jsonb, text)
TO barid_producer, barid_operator;
GRANT EXECUTE ON FUNCTION barid.template_version(text, int), barid.check_vars(text, int, jsonb),
    barid.render_plain(text, int, text, text, jsonb)
TO barid_producer, barid_operator, barid_worker;
GRANT EXECUTE ON FUNCTION barid.template_version(text, int) TO barid_readonly;
