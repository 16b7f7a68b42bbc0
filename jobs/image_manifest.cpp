#include "jobs/image_manifest.hpp"

#include <fmt/format.h>

#include <utility>

#include "base/crypto.hpp"
#include "base/json.hpp"
#include "base/trace_scope.hpp"

namespace barid::jobs {
namespace {

json::object source_json(const media::SourceFacts& source) {
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

[[noreturn]] void swept() {
    throw media::Error(media::Error::Retry::transient, "set_swept",
                       "the set was swept away while its files were being stored");
}

}  // namespace

std::string look_json(const ImageFacts& facts) {
    json::object out{{"source", source_json(facts.source)},
                     {"recipe", facts.recipe},
                     {"private", facts.is_private}};
    // Without the hash nothing was looked at.
    const media::Look& look = facts.look;
    if (!look.thumbhash.empty()) {
        out["thumbhash"] = base64_encode(look.thumbhash);
        out["dominant"] = fmt::format("#{:02x}{:02x}{:02x}", look.dominant[0], look.dominant[1],
                                      look.dominant[2]);
        out["attention_x"] = std::clamp(look.attention_x, 0.0, 1.0);
        out["attention_y"] = std::clamp(look.attention_y, 0.0, 1.0);
    }
    return json::serialize(out);
}

awaitable<std::optional<std::string>> reuse_image_set(pg::Pool& pool, const ImageSetKey& key,
                                                      const ImagePlace& place) {
    const auto result = co_await pool.execute(
        "SELECT barid.media_reuse($1, $2, $3, $4, $5, $6::jsonb, $7::bigint)::text",
        pg::Params(key.source_hash, key.recipe_hash, key.store, place.entity, place.slot,
                   place.request, place.job_id));
    co_return result.one().get<std::optional<std::string>>(0);
}

awaitable<BegunSet> begin_image_set(pg::Pool& pool, const ImageSetKey& key, std::int64_t job_id) {
    const auto result =
        co_await pool.execute("SELECT id, state FROM barid.media_begin($1, $2, $3, $4::bigint)",
                              pg::Params(key.source_hash, key.recipe_hash, key.store, job_id));
    const pg::Row row = result.one();
    BegunSet begun{.id = row.get<std::int64_t>(0), .state = BegunSet::State::mine};
    if (row.text(1) == "busy") begun.state = BegunSet::State::busy;
    if (row.text(1) == "complete") begun.state = BegunSet::State::complete;
    co_return begun;
}

awaitable<std::vector<std::string>> plan_image_files(pg::Pool& pool, std::int64_t set_id,
                                                     const std::vector<std::string>& keys) {
    const auto result = co_await pool.execute(
        "SELECT k FROM unnest(barid.media_plan($1::bigint, $2::text[])) WITH ORDINALITY u(k, i) "
        "ORDER BY i",
        pg::Params(set_id, keys));
    std::vector<std::string> names;
    for (const pg::Row row : result) names.push_back(row.get<std::string>(0));
    if (names.size() != keys.size()) swept();
    co_return names;
}

awaitable<std::string> complete_image_set(pg::Pool& pool, std::int64_t set_id,
                                          const std::vector<StoredVariant>& variants,
                                          const ImageFacts& facts, const ImagePlace& place,
                                          const std::optional<std::string>& improve_queue) {
    const std::string span = trace::format_traceparent(co_await trace::current_span());
    const auto result = co_await pool.execute(
        R"(SELECT barid.media_complete(barid.in_trace($9, $1::bigint), $2::jsonb, $3::jsonb, $4,
               $5, $6::jsonb, $7::bigint, $8)::text)",
        pg::Params(set_id, variants_json(variants), look_json(facts), place.entity, place.slot,
                   place.request, place.job_id, improve_queue, span));
    auto manifest = result.one().get<std::optional<std::string>>(0);
    if (!manifest) swept();
    co_return std::move(*manifest);
}

awaitable<void> abandon_image_set(pg::Pool& pool, std::int64_t set_id, std::int64_t job_id) {
    co_await pool.execute("SELECT barid.media_abandon($1::bigint, $2::bigint)",
                          pg::Params(set_id, job_id));
}

awaitable<int> improve_image_set(pg::Pool& pool, std::int64_t set_id,
                                 const std::vector<StoredVariant>& variants,
                                 std::chrono::seconds grace) {
    const auto result = co_await pool.execute(
        "SELECT barid.media_improve($1::bigint, $2::jsonb, $3::interval)",
        pg::Params(set_id, variants_json(variants), std::chrono::microseconds(grace)));
    co_return result.one().get<int>(0);
}

}  // namespace barid::jobs
