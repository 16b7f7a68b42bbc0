// The job image.reprocess: goes through all places that a filter names, once, wherever it is cut
// off.
#include "jobs/image_reprocess.hpp"

#include <fmt/format.h>
#include <gtest/gtest.h>

#include "base/json_reader.hpp"
#include "tests/support/database.hpp"

namespace barid::jobs {
namespace {

/// Keeps the checkpoint; can pretend to be killed when it is written for the n-th time.
class Records : public JobRecords {
  public:
    void note(const queue::Job&, const std::string&) override {}
    awaitable<void> checkpoint(const queue::Job&, std::string state) override {
        if (dies_at-- == 0) throw Error(Error::Retry::transient, "killed");
        kept = parse_json(state);
        co_return;
    }
    awaitable<std::optional<json::value>> last_checkpoint(const queue::Job&) override {
        co_return kept;
    }
    awaitable<std::vector<ParentOutput>> parent_outputs(const queue::Job&) override {
        co_return std::vector<ParentOutput>();
    }

    std::optional<json::value> kept;
    int dies_at = -1;
};

class ImageReprocess : public testing::Test, protected support::IoFixture {
  protected:
    ImageReprocess() { register_image_reprocess(registry, pool, media::RecipeBook()); }

    void pictures(int count) {
        database.sql(fmt::format(
            R"(WITH s AS (INSERT INTO barid.media_set (state, completed_at, source_hash,
                   recipe_hash, store, recipe)
               SELECT 'complete', now(), lpad(i::text, 64, 'a'), '0123abcd', 'local', 'product'
               FROM generate_series(1, {}) i RETURNING id)
               INSERT INTO barid.media_entity (entity, slot, set_id, request)
               SELECT 'product:' || id, 'main', id,
                      '{{"source": {{"path": "/a.jpg"}}, "recipe": "product"}}' FROM s)",
            count));
    }
    json::value work(const json::object& payload) {
        queue::Job job;
        job.id = 1;
        job.kind = "image.reprocess";
        JobContext context{.job = job,
                           .log = log::Logger(),
                           .deadline = std::chrono::steady_clock::now() + std::chrono::minutes(1),
                           .progress = [](double, const std::string&) {},
                           .cancelled = [] { return false; },
                           .records = &records};
        const auto outcome = run(registry.find("image.reprocess")->run(context, payload));
        if (!std::holds_alternative<queue::Done>(outcome)) return nullptr;
        return parse_json(std::get<queue::Done>(outcome).output);
    }
    std::string jobs() const { return database.sql("SELECT count(*) FROM barid.job"); }

    support::TestDatabase database;
    pg::Pool pool{io, blocking, database.options(), 2, {}};
    Registry registry;
    Records records;
    const json::object all{{"filter", {{"prefix", "product:"}}}, {"per_minute", 6000}};
};

TEST_F(ImageReprocess, AsksForEveryPlaceOnce) {
    pictures(1203);
    const json::value output = work(all);
    EXPECT_EQ(output.at("chosen"), 1203);
    EXPECT_EQ(output.at("added"), 1203);
    EXPECT_EQ(jobs(), "1203");
    EXPECT_EQ(database.sql("SELECT tags[2] = payload->>'entity' FROM barid.job LIMIT 1"), "t");
    EXPECT_EQ(database.sql("SELECT max(run_at) - min(run_at) > interval '10 s' FROM barid.job"),
              "t")
        << "spread over time";
}

TEST_F(ImageReprocess, GoesOnWhereItWasKilled) {
    pictures(1203);
    records.dies_at = 1;  // the second page is enqueued, and its checkpoint is lost
    EXPECT_ANY_THROW(work(all));
    EXPECT_EQ(jobs(), "1000");
    const json::value output = work(all);
    EXPECT_EQ(output.at("looked_at"), 1203) << "the first page was not walked again";
    EXPECT_EQ(output.at("added"), 703) << "of the second page nothing was added twice";
    EXPECT_EQ(jobs(), "1203");
}

TEST_F(ImageReprocess, LeavesAloneWhatWasShownLater) {
    pictures(3);
    json::object frozen = all;
    frozen["filter"].as_object()["before"] = "2020-01-01T00:00:00Z";
    EXPECT_EQ(work(frozen).at("chosen"), 0);
    EXPECT_EQ(jobs(), "0");
}

TEST_F(ImageReprocess, NamesEveryMistakeOfItsPayload) {
    const json::value payload{{"filter", {{"missing", "bmp"}, {"color", 1}}}, {"recipe", "gone"}};
    try {
        work(payload.as_object());
        FAIL();
    } catch (const PayloadError& error) {
        EXPECT_EQ(error.violations().size(), 3U) << error.what();
    }
}

}  // namespace
}  // namespace barid::jobs
