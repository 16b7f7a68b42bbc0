// What becomes of sets: shown in slots, replaced, deleted, collected; by SQL and by the collector.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <filesystem>
#include <fstream>

#include "base/crypto.hpp"
#include "base/timeout.hpp"
#include "jobs/image_collect.hpp"
#include "jobs/image_improve.hpp"
#include "jobs/image_manifest.hpp"
#include "media/stores/local_store.hpp"
#include "tests/support/database.hpp"
#include "worker/media_upkeep.hpp"

namespace barid::jobs {
namespace {

namespace fs = std::filesystem;
using namespace std::chrono_literals;

class MediaLibrary : public ::testing::Test {
  protected:
    MediaLibrary()
        : base_(fs::temp_directory_path() / ("barid-library-" + random_uuid())),
          pool_(fixture_.io, fixture_.blocking, database_.options(), 4, {}),
          store_(fixture_.blocking, base_.string(), "http://shop.test/media") {}
    ~MediaLibrary() override { fs::remove_all(base_); }

    std::string sql(const std::string& text) const { return database_.sql(text); }

    static ImageSetKey key_of(const std::string& name, const std::string& recipe = "12345678") {
        return {.source_hash = sha256_hex(name), .recipe_hash = recipe, .store = "local"};
    }
    /// The making of a set up to the upload of its one file.
    std::vector<StoredVariant> begin(const ImageSetKey& key, std::int64_t& id,
                                     std::int64_t job = 0) {
        id = fixture_.run(begin_image_set(pool_, key, job)).id;
        const std::string wanted =
            key.source_hash.substr(0, 32) + "/" + key.recipe_hash + "/64.webp";
        const auto names = fixture_.run(plan_image_files(pool_, id, {wanted}));
        StoredVariant row{.width = 64, .height = 48, .object = {}};
        row.object = fixture_.run(store_.put(names.at(0), "bytes of " + names.at(0), "image/webp"));
        return {row};
    }
    /// Makes the set of a picture of that name and shows it; returns its id.
    std::int64_t make(const std::string& name, ImagePlace place,
                      const std::string& recipe = "12345678") {
        std::int64_t id = 0;
        const auto rows = begin(key_of(name, recipe), id, place.job_id);
        (void)fixture_.run(complete_image_set(pool_, id, rows, {}, place, std::nullopt));
        return id;
    }
    Collected collect(std::chrono::seconds grace = 0s) {
        return fixture_.run(
            collect_garbage(pool_, store_, {.grace = grace, .batch = 10}, [] { return false; }));
    }
    std::size_t files() const {
        std::size_t count = 0;
        for (const auto& entry : fs::recursive_directory_iterator(base_)) {
            if (entry.is_regular_file()) ++count;
        }
        return count;
    }

    support::TestDatabase database_;
    support::IoFixture fixture_;
    fs::path base_;
    pg::Pool pool_;
    media::LocalStore store_;
};

TEST_F(MediaLibrary, ShowsOnePictureInANamedSlotAndManyWithoutOne) {
    make("a", {.entity = "product:1"});
    make("b", {.entity = "product:1"});
    make("c", {.entity = "product:1", .slot = "main"});
    EXPECT_EQ(sql("SELECT jsonb_array_length(barid.media('product:1'))"), "3");
    const std::int64_t newer = make("d", {.entity = "product:1", .slot = "main"});
    EXPECT_EQ(sql("SELECT jsonb_array_length(barid.media('product:1'))"), "3");
    EXPECT_EQ(sql("SELECT barid.media('product:1', 'main')->>'set'"), std::to_string(newer));
    EXPECT_EQ(sql("SELECT barid.media('product:1', 'gallery-2')"), "");
    EXPECT_EQ(sql("SELECT string_agg(slot, ',' ORDER BY slot) FROM barid.media_srcset "
                  "WHERE entity = 'product:1'"),
              ",,main");
}

TEST_F(MediaLibrary, LetsAnEarlierJobNotReplaceALaterOnesPicture) {
    const std::int64_t later = make("new", {.entity = "p", .slot = "main", .job_id = 9});
    const auto key = key_of("old");
    std::int64_t id = 0;
    const auto rows = begin(key, id, 8);
    const std::string manifest = fixture_.run(complete_image_set(
        pool_, id, rows, {}, {.entity = "p", .slot = "main", .job_id = 8}, std::nullopt));
    EXPECT_TRUE(parse_json(manifest).at("superseded").as_bool());
    EXPECT_EQ(sql("SELECT barid.media('p', 'main')->>'set'"), std::to_string(later));
}

TEST_F(MediaLibrary, GivesAPageAllItNeedsBeforeThePictureIsThere) {
    std::int64_t id = 0;
    const auto rows = begin(key_of("a"), id);
    ImageFacts facts{.source = {}, .recipe = "product", .is_private = true};
    facts.look.thumbhash = "\x01\x02\x03";
    facts.look.dominant = {255, 0, 16};
    facts.look.attention_x = 0.25;
    (void)fixture_.run(complete_image_set(pool_, id, rows, facts, {.entity = "p"}, std::nullopt));
    const json::value picture = parse_json(sql("SELECT picture FROM barid.media_srcset"));
    EXPECT_EQ(picture.at("placeholder").at("thumbhash"), "AQID");
    EXPECT_EQ(picture.at("placeholder").at("color"), "#ff0010");
    EXPECT_EQ(picture.at("focal").at("x").as_double(), 0.25);
    EXPECT_EQ(picture.at("width"), 64);
    EXPECT_EQ(picture.at("height"), 48);
    EXPECT_EQ(picture.at("sizes"), "(max-width: 64px) 100vw, 64px");
    EXPECT_EQ(picture.at("recipe"), "product");
    EXPECT_EQ(picture.at("private"), true);
    EXPECT_EQ(std::string(picture.at("src").as_string()), rows.at(0).object.url);
    EXPECT_EQ(picture.at("srcset").at("webp"), json::string(rows.at(0).object.url + " 64w"));
}

TEST_F(MediaLibrary, RemovesWhatNothingShowsAfterTheGraceAndNothingBefore) {
    make("a", {.entity = "p"});
    ASSERT_TRUE(fixture_.run(reuse_image_set(pool_, key_of("a"), {.entity = "q"})));
    make("b", {.entity = "p"});
    EXPECT_EQ(sql("SELECT barid.media_remove('p')"), "2");
    EXPECT_EQ(collect(1h).files, 0);
    EXPECT_EQ(files(), 2U);
    const Collected collected = collect();
    EXPECT_EQ(collected.sets, 1);
    EXPECT_EQ(collected.files, 1) << "q still shows the other set";
    EXPECT_EQ(files(), 1U);
    EXPECT_EQ(sql("SELECT jsonb_array_length(barid.media('q'))"), "1");
    EXPECT_EQ(sql("SELECT count(*) FROM barid.media_set"), "1");
}

TEST_F(MediaLibrary, DeletesAnEntityASlotOrASet) {
    make("a", {.entity = "p", .slot = "main"});
    make("b", {.entity = "p", .slot = "side"});
    const std::int64_t set = make("c", {.entity = "p"});
    ASSERT_TRUE(fixture_.run(reuse_image_set(pool_, key_of("c"), {.entity = "q"})));
    EXPECT_EQ(sql("SELECT barid.media_remove('p', slot => 'main')"), "1");
    EXPECT_EQ(
        sql("SELECT barid.media_remove(set_id => " + std::to_string(set) + ", at_once => true)"),
        "2");
    EXPECT_EQ(sql("SELECT jsonb_array_length(barid.media('p'))"), "1");
    EXPECT_EQ(collect(1h).files, 1) << "only the set that was to go at once";
    EXPECT_THROW(sql("SELECT barid.media_remove()"), std::exception);
    EXPECT_THROW(sql("SELECT barid.media_remove(slot => 'main')"), std::exception);
}

TEST_F(MediaLibrary, SweepsWhatACrashLeftOnceTheHourIsOver) {
    std::int64_t id = 0;
    (void)begin(key_of("a"), id);
    EXPECT_EQ(collect().files, 0);
    sql("UPDATE barid.media_garbage SET due_at = now() - interval '1 second'; "
        "UPDATE barid.media_set SET touched_at = now() - interval '2 hours'");
    EXPECT_EQ(collect().files, 1);
    EXPECT_EQ(files(), 0U);
    EXPECT_EQ(sql("SELECT count(*) FROM barid.media_set"), "0");
    // Removed once more a day later, for an upload that was still under way.
    EXPECT_EQ(sql("SELECT due_at > now() + interval '23 hours' FROM barid.media_garbage"), "t");
}

TEST_F(MediaLibrary, RefusesToPublishAFileThatASweeperHasTaken) {
    std::int64_t id = 0;
    const auto rows = begin(key_of("a"), id);
    sql("UPDATE barid.media_garbage SET due_at = now() - interval '1 second'");
    EXPECT_EQ(collect().files, 1);
    try {
        (void)fixture_.run(complete_image_set(pool_, id, rows, {}, {.entity = "p"}, std::nullopt));
        FAIL() << "a file that is gone was published";
    } catch (const media::Error& e) {
        EXPECT_EQ(e.code(), "set_swept");
        EXPECT_TRUE(e.transient());
    }
    EXPECT_EQ(sql("SELECT barid.media('p')"), "[]");
}

TEST_F(MediaLibrary, NeverListsAPublishedFileAsGarbageForOneWhoComesLate) {
    const std::int64_t id = make("a", {.entity = "p"});
    // An attempt that stood still since it had begun: its set is complete by now.
    const std::string key = sql("SELECT key FROM barid.media_pictures");
    EXPECT_THROW((void)fixture_.run(plan_image_files(pool_, id, {key})), media::Error);
    EXPECT_EQ(sql("SELECT count(*) FROM barid.media_garbage"), "0");
    sql("INSERT INTO barid.media_garbage (store, key, due_at) VALUES ('local', '" + key +
        "', now())");
    EXPECT_EQ(collect().files, 0) << "whatever is written: what is shown isn't removed";
}

TEST_F(MediaLibrary, GivesAPictureThatIsMadeAgainNamesThatNoSweeperKnows) {
    make("a", {.entity = "p"});
    sql("SELECT barid.media_remove('p', at_once => true)");
    // A sweeper has taken the file and stands still; the picture comes back meanwhile.
    EXPECT_NE(sql("SELECT barid.media_garbage_take('local')"), "");
    make("a", {.entity = "p"});
    EXPECT_THAT(sql("SELECT key FROM barid.media_pictures"), ::testing::EndsWith("/64.g2.webp"));
    // It wakes up and removes what it took.
    const std::string old = sql("SELECT key FROM barid.media_garbage");
    fixture_.run(store_.remove(old));
    EXPECT_TRUE(fixture_.run(store_.head(sql("SELECT key FROM barid.media_pictures"))));
}

TEST_F(MediaLibrary, LetsAnotherSweeperFinishWhatAKilledOneTook) {
    make("a", {.entity = "p"});
    sql("SELECT barid.media_remove('p', at_once => true)");
    EXPECT_NE(sql("SELECT barid.media_garbage_take('local')"), "");
    EXPECT_EQ(collect().files, 0) << "it is another's for ten minutes";
    sql("UPDATE barid.media_garbage SET claimed_until = now() - interval '1 second'");
    EXPECT_EQ(collect().files, 1);
    EXPECT_EQ(files(), 0U);
}

TEST_F(MediaLibrary, DoesNotCollectASetThatIsShownAgainMeanwhile) {
    make("a", {.entity = "p"});
    sql("SELECT barid.media_remove('p')");
    // One attaches it in a transaction that isn't over; the collector passes by, and then sees it.
    auto attach = [&]() -> awaitable<void> {
        pg::Transaction transaction = co_await pg::Transaction::begin(pool_);
        const ImageSetKey key = key_of("a");
        const auto known = co_await transaction.execute(
            "SELECT barid.media_reuse($1, $2, 'local', 'q', '', '{}', 1)::text IS NOT NULL",
            pg::Params(key.source_hash, key.recipe_hash));
        EXPECT_TRUE(known.one().get<bool>(0));
        const Collected collected =
            co_await collect_garbage(pool_, store_, {.grace = 0s}, [] { return false; });
        EXPECT_EQ(collected.sets, 0);
        co_await transaction.commit();
    };
    fixture_.run(attach());
    EXPECT_EQ(collect().sets, 0);
    EXPECT_EQ(sql("SELECT jsonb_array_length(barid.media('q'))"), "1");
}

TEST_F(MediaLibrary, MakesASetAgainThatIsCollectedWhileItIsAskedFor) {
    make("a", {.entity = "p"});
    sql("SELECT barid.media_remove('p')");
    EXPECT_EQ(collect().sets, 1);
    EXPECT_FALSE(fixture_.run(reuse_image_set(pool_, key_of("a"), {.entity = "q"})));
    make("a", {.entity = "q"});
    EXPECT_EQ(sql("SELECT jsonb_array_length(barid.media('q'))"), "1");
}

TEST_F(MediaLibrary, SharesTheSweepBetweenTwo) {
    for (int i = 0; i < 30; ++i) make(std::to_string(i), {.entity = "p"});
    sql("SELECT barid.media_remove('p', at_once => true)");
    Collected one;
    Collected two;
    auto sweep = [&](Collected& into) -> awaitable<void> {
        into = co_await collect_garbage(pool_, store_, {.batch = 5}, [] { return false; });
    };
    auto both = [&]() -> awaitable<void> {
        using namespace asio::experimental::awaitable_operators;
        co_await (sweep(one) && sweep(two));
    };
    fixture_.run(both(), 30s);
    EXPECT_EQ(one.files + two.files, 30);
    EXPECT_EQ(files(), 0U);
}

TEST_F(MediaLibrary, TellsAnotherProcessThatTheSetIsBeingMadeUntilItsJobEnds) {
    const std::string job = sql("SELECT barid.enqueue('image.process')");
    sql("UPDATE barid.job SET state = 'running', claim_id = gen_random_uuid(), "
        "claimed_at = now() WHERE id = " +
        job);
    const ImageSetKey key = key_of("a");
    EXPECT_EQ(fixture_.run(begin_image_set(pool_, key, std::stoll(job))).state,
              BegunSet::State::mine);
    EXPECT_EQ(fixture_.run(begin_image_set(pool_, key, 99)).state, BegunSet::State::busy);
    sql("DELETE FROM barid.job");
    EXPECT_EQ(fixture_.run(begin_image_set(pool_, key, 99)).state, BegunSet::State::mine);
}

TEST_F(MediaLibrary, SwapsABetterFileInAndRemovesTheOldOneAfterTheGrace) {
    const std::int64_t id = make("a", {.entity = "p"});
    const std::string old = sql("SELECT key FROM barid.media_pictures");
    const std::string better = improved_key(old, 4);
    EXPECT_THAT(better, ::testing::EndsWith("/64.e4.webp"));
    ASSERT_EQ(fixture_.run(plan_image_files(pool_, id, {better})).at(0), better);
    StoredVariant row{.width = 64, .height = 48, .object = {}};
    row.object = fixture_.run(store_.put(better, "b", "image/webp"));
    EXPECT_EQ(fixture_.run(improve_image_set(pool_, id, {row}, 1h)), 1);
    EXPECT_EQ(fixture_.run(improve_image_set(pool_, id, {row}, 1h)), 0) << "twice changes nothing";
    EXPECT_EQ(sql("SELECT key FROM barid.media_pictures"), better);
    EXPECT_EQ(collect().files, 0) << "a page that is open still has the old address";
    EXPECT_EQ(sql("SELECT key FROM barid.media_garbage"), old);
    sql("UPDATE barid.media_garbage SET due_at = now()");
    EXPECT_EQ(collect().files, 1);
    EXPECT_TRUE(fixture_.run(store_.head(better)));
}

TEST_F(MediaLibrary, DeletesAndCollectsAsJobs) {
    Registry registry;
    register_image_upkeep(registry, pool_, store_, {.grace = 1h});
    const auto run = [&](const char* kind, const std::string& payload) {
        queue::Job job;
        JobContext context{.job = job,
                           .log = {},
                           .deadline = std::chrono::steady_clock::now() + 60s,
                           .progress = [](double, const std::string&) {},
                           .cancelled = [] { return false; }};
        const json::value value = parse_json(payload);
        return std::get<queue::Done>(fixture_.run(registry.find(kind)->run(context, value), 30s))
            .output;
    };
    make("a", {.entity = "p", .slot = "main"});
    make("b", {.entity = "p", .slot = "side"});
    EXPECT_EQ(run("image.delete", R"({"entity":"p","slot":"main"})"), R"({"places":1})");
    EXPECT_EQ(run("image.collect", "{}"), R"({"sets":0,"files":0,"failed":0})")
        << "before the grace nothing goes";
    EXPECT_EQ(run("image.delete", R"({"entity":"p","now":true})"), R"({"places":1,"files":1})");
    EXPECT_EQ(run("image.delete", R"({"entity":"p"})"), R"({"places":0})") << "twice is fine";
    EXPECT_EQ(files(), 1U);
    sql("UPDATE barid.media_set SET unattached_since = now() - interval '2 hours'");
    EXPECT_EQ(run("image.collect", "{}"), R"({"sets":1,"files":1,"failed":0})");
    EXPECT_EQ(files(), 0U);
}

TEST_F(MediaLibrary, TriesAFileAgainLaterThatCanNotBeRemoved) {
    make("a", {.entity = "p"});
    sql("SELECT barid.media_remove('p', at_once => true)");
    // A directory in the file's place can't be removed as a file.
    const fs::path file = base_ / sql("SELECT key FROM barid.media_garbage");
    fs::remove(file);
    fs::create_directories(file / "in the way");
    const Collected collected = collect();
    EXPECT_EQ(collected.failed, 1);
    EXPECT_EQ(collected.files, 0);
    EXPECT_EQ(sql("SELECT removed_at IS NULL AND due_at > now() AND error <> '' "
                  "FROM barid.media_garbage"),
              "t");
}

TEST_F(MediaLibrary, AddsOneJobWhenSomethingIsDueAndNoneOtherwise) {
    const worker::MediaUpkeep upkeep{.store = "local", .grace = 0s};
    fixture_.run(worker::media_upkeep(pool_, upkeep));
    EXPECT_EQ(sql("SELECT count(*) FROM barid.job"), "0");
    make("a", {.entity = "p"});
    sql("SELECT barid.media_remove('p')");
    fixture_.run(worker::media_upkeep(pool_, upkeep));
    fixture_.run(worker::media_upkeep(pool_, upkeep));
    EXPECT_EQ(sql("SELECT string_agg(kind, ',') FROM barid.job"), "image.collect");
}

TEST(ImageDelete, TakesAnEntityASlotOrASetAndSaysWhatIsWrong) {
    const auto parse = [](const char* text) {
        const json::value value = parse_json(text);
        JsonReader in(value);
        const ImageDeletePayload payload = parse_image_delete(in);
        in.finish();
        return payload;
    };
    EXPECT_EQ(parse(R"({"entity":"p"})").entity, "p");
    EXPECT_EQ(parse(R"({"entity":"p","slot":"main"})").slot, "main");
    EXPECT_TRUE(parse(R"({"set":7,"now":true})").now);
    for (const char* bad : {"{}", R"({"slot":"a"})", R"({"set":7,"entity":"p"})", R"({"set":0})",
                            R"({"set":7,"slot":"a"})", R"({"entity":"p","x":1})"}) {
        EXPECT_THROW(parse(bad), PayloadError) << bad;
    }
}

}  // namespace
}  // namespace barid::jobs
