#include "jobs/image_upload.hpp"

#include <algorithm>
#include <boost/asio/deferred.hpp>
#include <boost/asio/experimental/parallel_group.hpp>

namespace barid::jobs {
namespace {

struct Upload {
    media::ObjectStore& store;
    std::vector<media::Variant> variants;
    std::vector<std::string> names;
    std::function<void(std::size_t)> stored;
    std::vector<StoredVariant> rows = {};
    std::size_t next = 0;
    std::size_t done = 0;
    std::exception_ptr failure = {};  ///< the first
};

awaitable<void> put_one(Upload& upload, std::size_t at) {
    media::Variant& variant = upload.variants[at];
    StoredVariant& row = upload.rows[at];
    row.width = variant.width;
    row.height = variant.height;
    row.format = variant.format;
    row.object = co_await upload.store.put(std::move(upload.names[at]), std::move(variant.bytes),
                                           std::string(media::content_type(variant.format)));
    if (upload.stored) upload.stored(++upload.done);
}

awaitable<void> put_some(Upload& upload) {
    try {
        while (upload.next < upload.variants.size() && !upload.failure) {
            co_await put_one(upload, upload.next++);
        }
    } catch (...) {
        if (!upload.failure) upload.failure = std::current_exception();
        throw;
    }
}

}  // namespace

awaitable<std::vector<StoredVariant>> upload_variants(media::ObjectStore& store,
                                                      std::vector<media::Variant> variants,
                                                      std::vector<std::string> names,
                                                      std::size_t concurrency,
                                                      std::function<void(std::size_t)> stored) {
    Upload upload{.store = store,
                  .variants = std::move(variants),
                  .names = std::move(names),
                  .stored = std::move(stored)};
    upload.rows.resize(upload.variants.size());
    const std::size_t width =
        std::clamp<std::size_t>(concurrency, 1, std::max<std::size_t>(1, upload.variants.size()));
    const auto executor = co_await asio::this_coro::executor;
    const auto spawn = [&] { return asio::co_spawn(executor, put_some(upload), asio::deferred); };
    std::vector<decltype(spawn())> lanes;
    for (std::size_t i = 0; i < width; ++i) lanes.push_back(spawn());
    co_await asio::experimental::make_parallel_group(std::move(lanes))
        .async_wait(asio::experimental::wait_for_one_error(), asio::use_awaitable);
    if (upload.failure) std::rethrow_exception(upload.failure);
    co_return std::move(upload.rows);
}

}  // namespace barid::jobs
