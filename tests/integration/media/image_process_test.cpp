#include "jobs/image_improve.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <filesystem>
#include <fstream>
#include <set>

#include "base/crypto.hpp"
#include "base/http_curl.hpp"
#include "base/timeout.hpp"
#include "media/stores/local_store.hpp"
#include "tests/support/child_process.hpp"
#include "tests/support/database.hpp"
#include "tests/support/images.hpp"

namespace barid::jobs {
namespace {

namespace fs = std::filesystem;
using namespace std::chrono_literals;
using ::testing::HasSubstr;
using ::testing::StartsWith;

/// The local store, with a way to fail at the n-th put and a count of the others.
class FlakyStore final : public media::ObjectStore {
  public:
    explicit FlakyStore(media::ObjectStore& inner) : inner_(inner) {}

    awaitable<media::StoredObject> put(std::string key, std::string bytes,
                                       std::string type) override {
        if (++puts == fail_at) {
            throw media::Error(media::Error::Retry::transient, "store_busy", "slow down", 9s);
        }
        return inner_.put(std::move(key), std::move(bytes), std::move(type));
    }
    awaitable<std::optional<media::StoredObject>> head(std::string key) override {
        return inner_.head(std::move(key));
    }
    awaitable<std::string> get(std::string key, std::size_t max_bytes) override {
        return inner_.get(std::move(key), max_bytes);
    }
    awaitable<void> remove(std::string key) override { return inner_.remove(std::move(key)); }
    std::string url(std::string_view key) const override { return inner_.url(key); }
    std::string_view name() const override { return inner_.name(); }

    int puts = 0;
    int fail_at = 0;

  private:
    media::ObjectStore& inner_;
};

class ImageProcess : public ::testing::Test {
  protected:
    ImageProcess()
        : base_(fs::temp_directory_path() / ("barid-image-" + random_uuid())),
          pool_(fixture_.io, fixture_.blocking, database_.options(), 4, {}),
          http_(fixture_.io),
          sandbox_(fixture_.io, sandbox_options(), {}),
          local_(fixture_.blocking, (base_ / "store").string(), "http://shop.test/media"),
          store_(local_) {
        fs::create_directories(base_ / "in");
        ImageProcessOptions options;
        media::Recipe recipe;
        recipe.widths = {32, 64};
        options.recipes = media::RecipeBook(recipe);
        options.upload_concurrency = 1;
        options.source.roots = {(base_ / "in").string()};
        options.source.allowed_hosts = {"127.0.0.1"};
        options.source.max_bytes = 1U << 20U;
        options_ = options;
        write("red.jpg", support::save(support::quadrants(100, 80), ".jpg[Q=95]"));
    }
    ~ImageProcess() override { fs::remove_all(base_); }

    static media::SandboxOptions sandbox_options() {
        media::SandboxOptions options;
        options.program = BARID_TEST_DECODE_CHILD;
        options.arguments = {"real"};
        options.children = 2;
        return options;
    }

    void write(const std::string& name, const std::string& bytes) {
        std::ofstream(base_ / "in" / name, std::ios::binary) << bytes;
    }

    queue::Outcome run(const std::string& payload) {
        Registry registry;
        register_image_process(registry,
                               {pool_, http_, fixture_.blocking, sandbox_, store_, options_});
        const Registry::Kind* kind = registry.find("image.process");
        queue::Job job;
        job.payload = payload;
        JobContext context{.job = job,
                           .log = {},
                           .deadline = std::chrono::steady_clock::now() + 60s,
                           .progress = [&](double at, const std::string&) { progress_ = at; },
                           .cancelled = [] { return false; }};
        const json::value value = parse_json(payload);
        return fixture_.run(kind->run(context, value), 90s);
    }
    json::object done(const std::string& payload) {
        const queue::Outcome outcome = run(payload);
        if (const auto* fail = std::get_if<queue::Fail>(&outcome)) {
            throw std::runtime_error("failed: " + fail->error);
        }
        return parse_json(std::get<queue::Done>(outcome).output).as_object();
    }
    std::string failure(const std::string& payload) {
        const queue::Outcome outcome = run(payload);
        const auto* fail = std::get_if<queue::Fail>(&outcome);
        return fail != nullptr ? fail->error : "it did not fail";
    }
    std::size_t files() {
        std::size_t count = 0;
        for (const auto& entry : fs::recursive_directory_iterator(base_ / "store")) {
            if (entry.is_regular_file()) ++count;
        }
        return count;
    }
    std::string start_server() {
        server_.emplace(support::node_script("picture_stub.mjs", {(base_ / "in").string()}));
        return "http://127.0.0.1:" + std::to_string(server_->wait_ready());
    }
    static std::string url_payload(const std::string& url) {
        return json::serialize(
            json::object{{"source", json::object{{"url", url}}}, {"entity", "product:42"}});
    }

    support::TestDatabase database_;
    support::IoFixture fixture_;
    fs::path base_;
    pg::Pool pool_;
    http::CurlHttpClient http_;
    media::SandboxPool sandbox_;
    media::LocalStore local_;
    FlakyStore store_;
    ImageProcessOptions options_;
    std::optional<support::ChildProcess> server_;
    double progress_ = -1;
};

constexpr const char* kRed = R"({"source":{"path":"red.jpg"},"entity":"product:42"})";

TEST_F(ImageProcess, StoresEveryVariantAndCommitsOneManifest) {
    const json::object manifest = done(kRed);
    const json::array& variants = manifest.at("variants").as_array();
    ASSERT_EQ(variants.size(), 6U);
    EXPECT_EQ(manifest.at("source").at("width"), 100);
    for (const json::value& variant : variants) {
        const std::string key(variant.at("key").as_string());
        std::ifstream in(base_ / "store" / key, std::ios::binary);
        const std::string bytes{std::istreambuf_iterator<char>(in), {}};
        EXPECT_EQ(sha256_hex(bytes), variant.at("sha256").as_string()) << key;
        EXPECT_EQ(static_cast<std::int64_t>(bytes.size()), variant.at("bytes").as_int64());
        EXPECT_TRUE(support::upright(bytes)) << key;
        EXPECT_EQ(variant.at("url").as_string(), "http://shop.test/media/" + key);
        const std::string source_hash(manifest.at("source_hash").as_string());
        EXPECT_THAT(key, StartsWith(source_hash.substr(0, 32) + "/"));
    }
    EXPECT_EQ(files(), 6U);
    EXPECT_THAT(std::string(manifest.at("srcset").at("webp").as_string()),
                ::testing::MatchesRegex(
                    "http://shop.test/media/.*/32.webp 32w, http://shop.test/.*/64.webp 64w"));
    EXPECT_GT(progress_, 0.9);
}

TEST_F(ImageProcess, IsReadWithOneSelect) {
    (void)done(kRed);
    EXPECT_EQ(database_.sql("SELECT count(*) FROM barid.media_pictures "
                            "WHERE entity = 'product:42' AND format = 'webp'"),
              "2");
    EXPECT_EQ(database_.sql("SELECT jsonb_array_length(barid.media('product:42'))"), "1");
    EXPECT_EQ(database_.sql("SELECT barid.media('product:42')->0->'variants'->0->>'content_type'"),
              "image/avif");
    EXPECT_EQ(database_.sql("SELECT barid.media('nobody')"), "[]");
    EXPECT_EQ(database_.sql("SET ROLE barid_producer; SELECT jsonb_array_length(barid.media("
                            "'product:42'))"),
              "1");
}

TEST_F(ImageProcess, NeverMakesOrUploadsTheSameThingTwice) {
    const json::object first = done(kRed);
    const std::uint64_t children = sandbox_.stats().started;
    ASSERT_EQ(children, 1U);
    const json::object second = done(kRed);
    EXPECT_EQ(first, second);
    EXPECT_EQ(store_.puts, 6);
    // The same bytes from elsewhere, for something else: the set is shared.
    write("copy.jpg", support::save(support::quadrants(100, 80), ".jpg[Q=95]"));
    (void)done(R"({"source":{"path":"copy.jpg"},"entity":"product:43"})");
    EXPECT_EQ(store_.puts, 6);
    EXPECT_EQ(database_.sql("SELECT count(*) FROM barid.media_set"), "1");
    EXPECT_EQ(database_.sql("SELECT jsonb_array_length(barid.media('product:43'))"), "1");
}

TEST_F(ImageProcess, MakesANewSetForAnotherRecipeAndShowsTheNewest) {
    (void)done(kRed);
    const json::object narrow = done(
        R"({"source":{"path":"red.jpg"},"entity":"product:42","widths":[48],"formats":["jpeg"]})");
    EXPECT_EQ(narrow.at("variants").as_array().size(), 1U);
    EXPECT_EQ(database_.sql("SELECT count(*) FROM barid.media_set"), "2");
    EXPECT_EQ(database_.sql("SELECT string_agg(width::text, ',') FROM barid.media_pictures "
                            "WHERE entity = 'product:42'"),
              "48");
    EXPECT_EQ(database_.sql("SELECT jsonb_array_length(barid.media('product:42'))"), "1");
}

TEST_F(ImageProcess, ShowsNothingUntilEveryVariantIsStored) {
    store_.fail_at = 4;
    const queue::Outcome outcome = run(kRed);
    const auto& retry = std::get<queue::Retry>(outcome);
    EXPECT_THAT(retry.error, StartsWith("store_busy"));
    EXPECT_EQ(retry.after, std::chrono::milliseconds(9'000));
    EXPECT_EQ(files(), 3U);
    EXPECT_EQ(database_.sql("SELECT count(*) FROM barid.media_garbage WHERE removed_at IS NULL"),
              "6")
        << "every file that may have been stored is on the list until it is published";
    EXPECT_EQ(database_.sql("SELECT count(*) FROM barid.media_pictures"), "0");
    EXPECT_EQ(database_.sql("SELECT count(*) FROM barid.media_variant"), "0");
    EXPECT_EQ(database_.sql("SELECT barid.media('product:42')"), "[]");
    EXPECT_EQ(database_.sql("SELECT state FROM barid.media_set"), "storing");
    // The next attempt finishes the same set.
    EXPECT_EQ(done(kRed).at("variants").as_array().size(), 6U);
    EXPECT_EQ(files(), 6U);
    EXPECT_EQ(database_.sql("SELECT state FROM barid.media_set"), "complete");
    EXPECT_EQ(database_.sql("SELECT count(*) FROM barid.media_variant"), "6");
    EXPECT_EQ(database_.sql("SELECT count(*) FROM barid.media_garbage"), "0");
}

TEST_F(ImageProcess, ReplacesThePictureOfASlotWhenTheNewOneIsComplete) {
    write("new.jpg", support::save(support::quadrants(90, 90), ".jpg[Q=95]"));
    (void)done(R"({"source":{"path":"red.jpg"},"entity":"product:42","slot":"main"})");
    const std::string before = database_.sql("SELECT barid.media('product:42', 'main')->>'set'");
    const std::string newer =
        R"({"source":{"path":"new.jpg"},"entity":"product:42","slot":"main"})";
    store_.fail_at = store_.puts + 3;
    (void)run(newer);
    EXPECT_EQ(database_.sql("SELECT barid.media('product:42', 'main')->>'set'"), before)
        << "the old one stays until the new one is whole";
    const json::object manifest = done(newer);
    EXPECT_EQ(manifest.at("slot"), "main");
    EXPECT_EQ(manifest.at("recipe"), "default");
    EXPECT_EQ(database_.sql("SELECT barid.media('product:42', 'main')->>'source_hash'"),
              std::string(manifest.at("source_hash").as_string()));
    EXPECT_EQ(database_.sql("SELECT count(*) FROM barid.media_set WHERE unattached_since "
                            "IS NOT NULL"),
              "1");
}

TEST_F(ImageProcess, MakesAvifBetterAtLeisureWithNamesOfItsOwn) {
    options_.improve_avif = true;
    write("noise.jpg", support::save(support::noise(200, 150), ".jpg[Q=90]"));
    (void)done(R"({"source":{"path":"noise.jpg"},"entity":"product:42"})");
    const std::string payload = database_.sql(
        "SELECT payload FROM barid.job WHERE kind = 'image.improve' AND priority = 9");
    Registry registry;
    register_image_improve(registry, {pool_, http_, fixture_.blocking, sandbox_, store_, options_},
                           {});
    queue::Job job;
    job.payload = payload;
    JobContext context{.job = job,
                       .log = {},
                       .deadline = std::chrono::steady_clock::now() + 60s,
                       .progress = [](double, const std::string&) {},
                       .cancelled = [] { return false; }};
    const json::value value = parse_json(payload);
    const auto improve = [&] {
        const auto outcome = fixture_.run(registry.find("image.improve")->run(context, value), 90s);
        return parse_json(std::get<queue::Done>(outcome).output);
    };
    const json::value first = improve();
    EXPECT_EQ(first.at("better"), first.at("swapped"));
    EXPECT_EQ(database_.sql("SELECT count(*) FROM barid.media_variant WHERE key LIKE '%.e4.avif'"),
              std::to_string(first.at("swapped").as_int64()));
    EXPECT_EQ(database_.sql("SELECT count(*) FROM barid.media_garbage WHERE set_id IS NULL"),
              std::to_string(first.at("swapped").as_int64()))
        << "each old file goes after the grace";
    EXPECT_EQ(improve().at("swapped"), 0) << "once more changes nothing";
    write("noise.jpg", support::save(support::noise(210, 150), ".jpg[Q=90]"));
    database_.sql("UPDATE barid.media_variant SET key = replace(key, '.e4.', '.x.')");
    EXPECT_TRUE(std::holds_alternative<queue::Cancel>(
        fixture_.run(registry.find("image.improve")->run(context, value), 90s)))
        << "another source now";
}

TEST_F(ImageProcess, EndsForPicturesThatCanNeverWork) {
    write("page.jpg", "<!doctype html><title>404</title>");
    write("empty.jpg", "");
    const std::string whole = support::save(support::noise(200, 200), ".jpg");
    write("cut.jpg", whole.substr(0, whole.size() / 2));
    write("bomb.png", support::lying_png(50'000, 50'000));
    write("large.jpg", std::string((1U << 20U) + 1, 'x'));
    const auto of = [&](const std::string& name) {
        return failure(R"({"source":{"path":")" + name + R"("},"entity":"product:42"})");
    };
    EXPECT_THAT(of("page.jpg"), StartsWith("not_an_image: "));
    EXPECT_THAT(of("page.jpg"), HasSubstr("html"));
    EXPECT_THAT(of("empty.jpg"), StartsWith("not_an_image: "));
    EXPECT_THAT(of("cut.jpg"), StartsWith("truncated: "));
    EXPECT_THAT(of("bomb.png"), StartsWith("too_many_pixels: "));
    EXPECT_THAT(of("large.jpg"), StartsWith("too_large: "));
    EXPECT_THAT(of("missing.jpg"), StartsWith("source_not_found: "));
    EXPECT_THAT(of("../../etc/passwd"), StartsWith("source_denied: "));
    EXPECT_EQ(database_.sql("SELECT count(*) FROM barid.media_set"), "0");
}

TEST_F(ImageProcess, FetchesFromAUrlAndNamesItsFailures) {
    const std::string server = start_server();
    const json::object manifest = done(url_payload(server + "/file/red.jpg"));
    EXPECT_EQ(manifest.at("variants").as_array().size(), 6U);
    EXPECT_EQ(manifest.at("source_hash").as_string(),
              sha256_hex(support::save(support::quadrants(100, 80), ".jpg[Q=95]")));
    EXPECT_EQ(done(url_payload(server + "/redirect?to=/file/red.jpg")), manifest);
    EXPECT_THAT(failure(url_payload(server + "/file/none.jpg")), StartsWith("source_not_found: "));
    EXPECT_THAT(failure(url_payload(server + "/status/403")), StartsWith("source_denied: "));
    EXPECT_THAT(failure(url_payload(server + "/endless")), StartsWith("too_large: "));
    const queue::Outcome busy = run(url_payload(server + "/status/503?after=7"));
    const auto& retry = std::get<queue::Retry>(busy);
    EXPECT_THAT(retry.error, StartsWith("source_unavailable: "));
    EXPECT_EQ(retry.after, std::chrono::milliseconds(7'000));
}

TEST_F(ImageProcess, FetchesNothingFromPrivateAddresses) {
    const std::string server = start_server();
    options_.source.allowed_hosts.clear();
    EXPECT_THAT(failure(url_payload(server + "/file/red.jpg")), StartsWith("source_denied: "));
    EXPECT_THAT(failure(url_payload("http://169.254.169.254/latest/meta-data")),
                StartsWith("source_denied: "));
    EXPECT_THAT(failure(url_payload("http://[::1]:1/x.jpg")), StartsWith("source_denied: "));
}

TEST_F(ImageProcess, ReadsASourceThatIsInTheStore) {
    std::string bytes = support::save(support::quadrants(90, 60), ".png");
    auto put = [&]() -> awaitable<void> {
        (void)co_await local_.put("incoming/a.png", bytes, "image/png");
    };
    fixture_.run(put());
    const json::object manifest =
        done(R"({"source":{"store_key":"incoming/a.png"},"entity":"product:7"})");
    EXPECT_EQ(manifest.at("source").at("format").as_string(), "png");
    EXPECT_THAT(failure(R"({"source":{"store_key":"incoming/b.png"},"entity":"product:7"})"),
                StartsWith("not_found: "));
}

TEST_F(ImageProcess, LetsTwoWorkersMakeTheSamePictureAtOnce) {
    Registry registry;
    register_image_process(registry, {pool_, http_, fixture_.blocking, sandbox_, store_, options_});
    const Registry::Kind* kind = registry.find("image.process");
    const queue::Job job;
    JobContext context{.job = job,
                       .log = {},
                       .deadline = std::chrono::steady_clock::now() + 60s,
                       .progress = [](double, const std::string&) {},
                       .cancelled = [] { return false; }};
    const json::value payload = parse_json(kRed);
    std::vector<std::string> outputs;
    const auto one = [&]() -> awaitable<void> {
        const queue::Outcome outcome = co_await kind->run(context, payload);
        outputs.push_back(std::get<queue::Done>(outcome).output);
    };
    auto all = [&]() -> awaitable<void> {
        const auto executor = co_await asio::this_coro::executor;
        for (int i = 0; i < 4; ++i) asio::co_spawn(executor, one(), asio::detached);
        while (outputs.size() < 4) co_await sleep_for(5ms);
    };
    fixture_.run(all(), 60s);
    EXPECT_EQ(std::set<std::string>(outputs.begin(), outputs.end()).size(), 1U);
    EXPECT_EQ(database_.sql("SELECT count(*) FROM barid.media_set"), "1");
    EXPECT_EQ(database_.sql("SELECT count(*) FROM barid.media_variant"), "6");
    EXPECT_EQ(store_.puts, 6) << "the work was done more than once";
}

}  // namespace
}  // namespace barid::jobs
