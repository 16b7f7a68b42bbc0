-- Pictures: which sets of variants exist, what is in them, and what of the shop shows them.
--
-- A set is one source picture made by one recipe into one store. Its row appears as 'storing'
-- before the first upload, so that a sweep can find what a crash left; its variants appear, and the
-- state turns 'complete', in one transaction after every file is stored and verified. Readers use
-- barid.media(entity) or the view barid.media_pictures and never see half a set.

CREATE TYPE barid.media_state AS ENUM ('storing', 'complete');

CREATE TABLE barid.media_set (
    id           bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    created_at   timestamptz NOT NULL DEFAULT now(),
    completed_at timestamptz,
    state        barid.media_state NOT NULL DEFAULT 'storing',
    source_hash  text COLLATE "C" NOT NULL CHECK (source_hash ~ '^[0-9a-f]{64}$'),
    recipe_hash  text COLLATE "C" NOT NULL CHECK (recipe_hash ~ '^[0-9a-f]{8}$'),
    store        text COLLATE "C" NOT NULL CHECK (length(store) BETWEEN 1 AND 64),
    -- What is known about the source: format, width, height, orientation, frames, …
    source       jsonb NOT NULL DEFAULT '{}' CHECK (jsonb_typeof(source) = 'object'),
    UNIQUE (source_hash, recipe_hash, store),
    CHECK ((state = 'complete') = (completed_at IS NOT NULL))
);
CREATE INDEX media_set_storing ON barid.media_set (created_at) WHERE state = 'storing';

CREATE TABLE barid.media_variant (
    set_id       bigint NOT NULL REFERENCES barid.media_set (id) ON DELETE CASCADE,
    bytes        bigint NOT NULL CHECK (bytes > 0),
    width        int NOT NULL CHECK (width > 0),
    height       int NOT NULL CHECK (height > 0),
    format       text COLLATE "C" NOT NULL CHECK (format IN ('webp', 'avif', 'jpeg')),
    content_type text COLLATE "C" NOT NULL,
    sha256       text COLLATE "C" NOT NULL CHECK (sha256 ~ '^[0-9a-f]{64}$'),
    key          text COLLATE "C" NOT NULL,
    url          text NOT NULL,
    PRIMARY KEY (set_id, width, format)
);

-- A thing of the shop ("product:42") shows any number of pictures; a picture can be shown by many.
CREATE TABLE barid.media_entity (
    entity      text NOT NULL CHECK (length(entity) BETWEEN 1 AND 256),
    set_id      bigint NOT NULL REFERENCES barid.media_set (id) ON DELETE CASCADE,
    attached_at timestamptz NOT NULL DEFAULT now(),
    PRIMARY KEY (entity, set_id)
);
CREATE INDEX media_entity_set ON barid.media_entity (set_id);

-- One row for each file that a shop can show. When a picture was made again with another recipe,
-- only the set that was attached last counts.
CREATE VIEW barid.media_pictures AS
SELECT e.entity, s.source_hash, s.recipe_hash, e.attached_at, v.width, v.height, v.format,
       v.content_type, v.bytes, v.sha256, v.key, v.url
FROM (
    SELECT DISTINCT ON (m.entity, c.source_hash) m.entity, m.set_id, m.attached_at
    FROM barid.media_entity m
    JOIN barid.media_set c ON c.id = m.set_id AND c.state = 'complete'
    ORDER BY m.entity, c.source_hash, m.attached_at DESC, m.set_id DESC
) e
JOIN barid.media_set s ON s.id = e.set_id
JOIN barid.media_variant v ON v.set_id = s.id;

-- One set as JSON, with a ready srcset for each format; NULL when it is not complete.
CREATE FUNCTION barid.media_manifest(set_id bigint) RETURNS jsonb
    LANGUAGE sql STABLE SECURITY DEFINER SET search_path = pg_catalog, barid, pg_temp AS $$
    SELECT jsonb_build_object(
        'source_hash', s.source_hash,
        'recipe_hash', s.recipe_hash,
        'store', s.store,
        'source', s.source,
        'srcset', (
            SELECT jsonb_object_agg(f.format, f.srcset)
            FROM (SELECT v.format,
                         string_agg(v.url || ' ' || v.width || 'w', ', ' ORDER BY v.width) AS srcset
                  FROM media_variant v WHERE v.set_id = s.id GROUP BY v.format) f),
        'variants', (
            SELECT jsonb_agg(jsonb_build_object(
                       'width', v.width, 'height', v.height, 'format', v.format,
                       'content_type', v.content_type, 'bytes', v.bytes, 'sha256', v.sha256,
                       'key', v.key, 'url', v.url) ORDER BY v.width, v.format)
            FROM media_variant v WHERE v.set_id = s.id))
    FROM media_set s
    WHERE s.id = media_manifest.set_id AND s.state = 'complete'
$$;

-- All pictures of one thing, newest first; an empty list when there are none.
CREATE FUNCTION barid.media(entity text) RETURNS jsonb
    LANGUAGE sql STABLE SECURITY DEFINER SET search_path = pg_catalog, barid, pg_temp AS $$
    SELECT coalesce(jsonb_agg(media_manifest(p.set_id) ORDER BY p.attached_at DESC, p.set_id DESC),
                    '[]'::jsonb)
    FROM (
        SELECT DISTINCT ON (s.source_hash) m.set_id, m.attached_at
        FROM media_entity m
        JOIN media_set s ON s.id = m.set_id AND s.state = 'complete'
        WHERE m.entity = media.entity
        ORDER BY s.source_hash, m.attached_at DESC, m.set_id DESC
    ) p
$$;

GRANT SELECT, INSERT, UPDATE, DELETE ON barid.media_set, barid.media_variant, barid.media_entity
    TO barid_worker;
GRANT SELECT ON barid.media_set, barid.media_variant, barid.media_entity
    TO barid_operator, barid_readonly;
GRANT SELECT ON barid.media_pictures
    TO barid_producer, barid_worker, barid_operator, barid_readonly;
GRANT EXECUTE ON FUNCTION barid.media, barid.media_manifest
    TO barid_producer, barid_worker, barid_operator, barid_readonly;
