#include "jobs/image_collect.hpp"

#include <algorithm>
#include <boost/asio/deferred.hpp>
#include <boost/asio/experimental/parallel_group.hpp>

#include "base/text.hpp"
#include "jobs/image_process.hpp"

namespace barid::jobs {
namespace {

/// Before the job's own deadline, so that what was done is written down.
constexpr std::chrono::seconds kReserve{20};

struct Removal {
    media::ObjectStore& store;
    std::vector<std::string> keys;
    std::vector<std::string> removed = {};
    std::vector<std::string> failed = {};
    std::string error = {};
    std::size_t next = 0;
};

awaitable<void> remove_some(Removal& removal) {
    while (removal.next < removal.keys.size()) {
        const std::string key = removal.keys[removal.next++];
        std::string problem;
        try {
            co_await removal.store.remove(key);
            removal.removed.push_back(key);
        } catch (const media::Error& e) {
            problem = e.code() + ": " + e.what();
        }
        if (problem.empty()) continue;
        removal.failed.push_back(key);
        removal.error = problem;
    }
}

awaitable<void> remove_all(Removal& removal, std::size_t concurrency) {
    const auto executor = co_await asio::this_coro::executor;
    const auto spawn = [&] {
        return asio::co_spawn(executor, remove_some(removal), asio::deferred);
    };
    std::vector<decltype(spawn())> lanes;
    const std::size_t width = std::clamp<std::size_t>(concurrency, 1, removal.keys.size());
    for (std::size_t i = 0; i < width; ++i) lanes.push_back(spawn());
    const auto [order, errors] =
        co_await asio::experimental::make_parallel_group(std::move(lanes))
            .async_wait(asio::experimental::wait_for_all(), asio::use_awaitable);
    for (const std::exception_ptr& error : errors) {
        if (error) std::rethrow_exception(error);
    }
}

/// What a cache still has is not gone: a file counts as removed when it was purged too.
awaitable<void> purge(Removal& removal) {
    if (removal.removed.empty()) co_return;
    std::string problem;
    try {
        co_await removal.store.purge(removal.removed);
    } catch (const media::Error& e) {
        problem = e.code() + ": " + e.what();
    }
    if (problem.empty()) co_return;
    removal.error = problem;
    for (std::string& key : removal.removed) removal.failed.push_back(std::move(key));
    removal.removed.clear();
}

/// False when nothing was due.
awaitable<bool> remove_batch(pg::Pool& pool, media::ObjectStore& store,
                             const CollectOptions& options, Collected& collected) {
    const std::string name(store.name());
    const pg::Result taken = co_await pool.execute("SELECT barid.media_garbage_take($1, $2::int)",
                                                   pg::Params(name, options.batch));
    if (taken.empty()) co_return false;
    Removal removal{.store = store, .keys = {}};
    for (const pg::Row row : taken) removal.keys.push_back(row.get<std::string>(0));
    co_await remove_all(removal, options.concurrency);
    co_await purge(removal);
    co_await pool.execute("SELECT barid.media_garbage_done($1, $2::text[], $3::text[], $4)",
                          pg::Params(name, removal.removed, removal.failed,
                                     truncate_utf8(scrub_utf8(removal.error), 500)));
    collected.files += static_cast<std::int64_t>(removal.removed.size());
    collected.failed += static_cast<std::int64_t>(removal.failed.size());
    if (!removal.error.empty()) collected.error = removal.error;
    co_return true;
}

struct Upkeep {
    pg::Pool& pool;
    media::ObjectStore& store;
    CollectOptions options;
};

std::function<bool()> until_the_end_of(const JobContext& context) {
    return [&context] {
        return context.cancelled() || context.time_left() < std::chrono::milliseconds(kReserve);
    };
}

awaitable<queue::Outcome> collect(JobContext& context, std::shared_ptr<const Upkeep> upkeep) {
    const Collected collected = co_await collect_garbage(
        upkeep->pool, upkeep->store, upkeep->options, until_the_end_of(context));
    if (collected.failed > 0) {
        context.note("not removed: " + truncate_utf8(scrub_utf8(collected.error), 400));
    }
    co_return queue::Done{collected_json(collected)};
}

awaitable<queue::Outcome> remove(JobContext& context, std::shared_ptr<const Upkeep> upkeep,
                                 ImageDeletePayload payload) {
    const pg::Result result = co_await upkeep->pool.execute(
        "SELECT barid.media_remove($1, $2, $3::bigint, $4::boolean)",
        pg::Params(payload.entity, payload.slot, payload.set, payload.now));
    const auto places = result.one().get<std::int64_t>(0);
    json::object output{{"places", places}};
    if (payload.now) {
        CollectOptions options = upkeep->options;
        const Collected collected = co_await collect_garbage(upkeep->pool, upkeep->store, options,
                                                             until_the_end_of(context));
        output["files"] = collected.files;
        if (collected.failed > 0) {
            co_return queue::Retry{.error = "files are left: " + collected.error, .after = {}};
        }
    }
    co_return queue::Done{json::serialize(output)};
}

}  // namespace

awaitable<Collected> collect_garbage(pg::Pool& pool, media::ObjectStore& store,
                                     CollectOptions options, std::function<bool()> stop) {
    Collected collected;
    const std::string name(store.name());
    while (!stop()) {
        const pg::Result result = co_await pool.execute(
            "SELECT barid.media_collect($1, $2::interval, $3::int)",
            pg::Params(name, std::chrono::microseconds(options.grace), options.batch));
        const auto sets = result.one().get<std::int64_t>(0);
        collected.sets += sets;
        const bool more_files = co_await remove_batch(pool, store, options, collected);
        if (!more_files && sets < options.batch) break;
    }
    co_return collected;
}

std::string collected_json(const Collected& collected) {
    return json::serialize(json::object{
        {"sets", collected.sets}, {"files", collected.files}, {"failed", collected.failed}});
}

ImageDeletePayload parse_image_delete(JsonReader& in) {
    ImageDeletePayload payload;
    payload.set = in.optional_integer("set", {.min = 1});
    payload.now = in.optional_boolean("now").value_or(false);
    const bool slot = in.optional_value("slot") != nullptr;
    if (in.optional_value("entity") != nullptr) payload.entity = parse_entity(in);
    if (slot) payload.slot = parse_slot(in);
    if (payload.entity.has_value() == payload.set.has_value() || (slot && !payload.entity)) {
        in.violate("", "needs an entity, an entity and a slot, or a set");
    }
    return payload;
}

void register_image_upkeep(Registry& registry, pg::Pool& pool, media::ObjectStore& store,
                           CollectOptions options) {
    const auto upkeep = std::make_shared<const Upkeep>(pool, store, options);
    registry.add<std::monostate>(
        {.kind = "image.collect"}, [](JsonReader&) { return std::monostate(); },
        [upkeep](JobContext& context, std::monostate) { return collect(context, upkeep); });
    registry.add<ImageDeletePayload>({.kind = "image.delete"}, parse_image_delete,
                                     [upkeep](JobContext& context, ImageDeletePayload payload) {
                                         return remove(context, upkeep, std::move(payload));
                                     });
}

}  // namespace barid::jobs
