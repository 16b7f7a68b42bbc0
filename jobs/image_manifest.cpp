#include "jobs/image_manifest.hpp"

#include <utility>

#include "base/json.hpp"

namespace barid::jobs {
namespace {

json::object facts_json(const media::SourceFacts& source) {
    return {{"format", media::word(source.format)},
            {"width", source.width},
            {"height", source.height},
            {"orientation", source.orientation},
            {"frames", source.frames},
            {"alpha", source.alpha},
            {"profile", source.profile},
            {"colour", source.colour}};
}

std::string variants_json(const std::vector<StoredVariant>& variants) {
    json::array rows;
    for (const StoredVariant& v : variants) {
        rows.push_back(json::object{{"width", v.width},
                                    {"height", v.height},
                                    {"format", media::word(v.format)},
                                    {"content_type", media::content_type(v.format)},
                                    {"bytes", v.object.bytes},
                                    {"sha256", v.object.sha256},
                                    {"key", v.object.key},
                                    {"url", v.object.url}});
    }
    return json::serialize(rows);
}

}  // namespace

awaitable<std::optional<std::string>> reuse_image_set(pg::Pool& pool, const ImageSetKey& key,
                                                      const std::string& entity) {
    const auto result =
        co_await pool.execute(R"(
        WITH found AS (
            SELECT id FROM barid.media_set
            WHERE source_hash = $1 AND recipe_hash = $2 AND store = $3 AND state = 'complete'
        ), attached AS (
            INSERT INTO barid.media_entity (entity, set_id)
            SELECT $4::text, id FROM found
            ON CONFLICT (entity, set_id) DO UPDATE SET attached_at = now()
            RETURNING set_id
        )
        SELECT barid.media_manifest(set_id)::text FROM attached)",
                              pg::Params(key.source_hash, key.recipe_hash, key.store, entity));
    if (result.empty()) co_return std::nullopt;
    co_return result[0].get<std::optional<std::string>>(0);
}

awaitable<std::int64_t> begin_image_set(pg::Pool& pool, const ImageSetKey& key,
                                        const media::SourceFacts& source) {
    // The update that changes nothing makes RETURNING give the id of a row that is there already.
    const auto result =
        co_await pool.execute(R"(
        INSERT INTO barid.media_set AS s (source_hash, recipe_hash, store, source)
        VALUES ($1, $2, $3, $4::jsonb)
        ON CONFLICT (source_hash, recipe_hash, store) DO UPDATE SET source = s.source
        RETURNING id)",
                              pg::Params(key.source_hash, key.recipe_hash, key.store,
                                         json::serialize(facts_json(source))));
    co_return result.one().get<std::int64_t>(0);
}

awaitable<std::string> commit_image_set(pg::Pool& pool, std::int64_t set_id,
                                        const std::vector<StoredVariant>& variants,
                                        const std::string& entity) {
    pg::Transaction transaction = co_await pg::Transaction::begin(pool);
    // The lock makes two workers with the same picture take turns; the second finds it complete.
    const auto locked = co_await transaction.execute(
        "SELECT state::text FROM barid.media_set WHERE id = $1 FOR UPDATE", pg::Params(set_id));
    if (locked.empty()) {
        throw media::Error(media::Error::Retry::transient, "set_swept",
                           "the set was swept away while its files were being stored");
    }
    if (locked.one().text(0) == "storing") {
        co_await transaction.execute(R"(
            INSERT INTO barid.media_variant
                (set_id, width, height, format, content_type, bytes, sha256, key, url)
            SELECT $1, v.width, v.height, v.format, v.content_type, v.bytes, v.sha256, v.key, v.url
            FROM jsonb_to_recordset($2::jsonb) AS v(width int, height int, format text,
                content_type text, bytes bigint, sha256 text, key text, url text))",
                                     pg::Params(set_id, variants_json(variants)));
        co_await transaction.execute(R"(
            UPDATE barid.media_set SET state = 'complete', completed_at = now() WHERE id = $1)",
                                     pg::Params(set_id));
    }
    const auto manifest = co_await transaction.execute(R"(
        WITH attached AS (
            INSERT INTO barid.media_entity (entity, set_id) VALUES ($2, $1)
            ON CONFLICT (entity, set_id) DO UPDATE SET attached_at = now()
            RETURNING set_id
        )
        SELECT barid.media_manifest(set_id)::text FROM attached)",
                                                       pg::Params(set_id, entity));
    std::string text = manifest.one().get<std::string>(0);
    co_await transaction.commit();
    co_return text;
}

}  // namespace barid::jobs
