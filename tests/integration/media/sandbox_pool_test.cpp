#include "media/sandbox_pool.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <signal.h>

#include <filesystem>
#include <fstream>
#include <iterator>
#include <sstream>

#include "base/timeout.hpp"
#include "tests/support/child_process.hpp"
#include "tests/support/database.hpp"
#include "tests/support/images.hpp"

namespace barid::media {
namespace {

using namespace std::chrono_literals;
using namespace support;

SandboxOptions options(const std::string& how, std::size_t children = 1) {
    SandboxOptions options;
    options.program = BARID_TEST_DECODE_CHILD;
    options.arguments = {how};
    options.children = children;
    return options;
}

Recipe small_recipe() {
    Recipe recipe;
    recipe.widths = {32, 64};
    return recipe;
}

SteadyTime in(std::chrono::milliseconds time) {
    return std::chrono::steady_clock::now() + time;
}

class SandboxPoolTest : public ::testing::Test {
  protected:
    ProcessedImage process(SandboxPool& pool, const std::string& bytes,
                           std::chrono::milliseconds limit = 60s) {
        return fixture_.run(pool.process(small_recipe(), bytes, in(limit)), 90s);
    }

    struct Failure {
        std::string code;
        bool transient = false;
        std::string message;
    };
    Failure fail(SandboxPool& pool, const std::string& bytes,
                 std::chrono::milliseconds limit = 60s) {
        try {
            (void)process(pool, bytes, limit);
            return {"processed", false, ""};
        } catch (const Error& e) {
            return {e.code(), e.transient(), e.what()};
        }
    }

    /// Lets the io thread work until `done`, at most ten seconds.
    template <class Done>
    bool eventually(Done done) {
        const SteadyTime end = in(10s);
        while (!done() && std::chrono::steady_clock::now() < end) {
            fixture_.io.restart();
            fixture_.io.run_for(5ms);
        }
        return done();
    }

    IoFixture fixture_;
    log::Logger log_;
    const std::string picture_ = save(quadrants(100, 80), ".jpg[Q=95]");
};

bool alive(int pid) {
    return ::kill(pid, 0) == 0;
}

TEST_F(SandboxPoolTest, GivesTheVariantsOfAPicture) {
    SandboxPool pool(fixture_.io, options("real"), log_);
    const ProcessedImage image = process(pool, picture_);
    ASSERT_EQ(image.variants.size(), 6U);
    for (const Variant& v : image.variants) EXPECT_TRUE(upright(v.bytes)) << v.width;
    EXPECT_EQ(image.source.width, 100);
    // The child stays for the next one.
    (void)process(pool, picture_);
    EXPECT_EQ(pool.stats().started, 1U);
    EXPECT_EQ(pool.stats().lost, 0U);
}

TEST_F(SandboxPoolTest, ReadsEveryKindOfPictureBehindItsWalls) {
    using vips::VImage;
    const VImage plain = quadrants(700, 500);
    std::vector<std::pair<std::string, std::string>> sources;
    for (const char* suffix :
         {".jpg", ".jpg[interlace=true]", ".png", ".png[interlace=true]", ".png[palette=true]",
          ".webp", ".webp[lossless=true]", ".avif[effort=0]", ".gif"}) {
        sources.emplace_back(suffix, save(plain, suffix));
    }
    sources.emplace_back("animated", animated_gif(300, 200, 5));
    sources.emplace_back("turned", oriented_jpeg(700, 500, 6));
    const auto profiled = [&](const char* profile) {
        return plain.icc_transform(profile, VImage::option()->set("input_profile", "srgb"));
    };
    sources.emplace_back("cmyk", save(profiled("cmyk"), ".jpg"));
    sources.emplace_back("p3", save(profiled("p3"), ".png"));
    sources.emplace_back(
        "16 bit",
        save((plain * 257)
                 .cast(VIPS_FORMAT_USHORT)
                 .copy(VImage::option()->set("interpretation", VIPS_INTERPRETATION_RGB16)),
             ".png"));
    sources.emplace_back("alpha", save(plain.bandjoin(128), ".png"));
    try {
        sources.emplace_back("heic", save(plain, ".heic[compression=hevc,effort=0]"));
    } catch (const vips::VError&) {
        vips_error_clear();  // this machine's libheif can't write HEIC
    }
    SandboxPool pool(fixture_.io, options("real"), log_);
    for (const auto& [name, bytes] : sources) {
        try {
            EXPECT_EQ(process(pool, bytes).variants.size(), 6U) << name;
        } catch (const Error& e) {
            ADD_FAILURE() << name << ": " << e.code() << ": " << e.what();
        }
    }
    EXPECT_EQ(pool.stats().started, 1U);
}

TEST_F(SandboxPoolTest, PassesOnWhatIsWrongWithAPictureAndKeepsTheChild) {
    SandboxPool pool(fixture_.io, options("real"), log_);
    EXPECT_EQ(fail(pool, picture_.substr(0, picture_.size() / 2)).code, "truncated");
    EXPECT_EQ(fail(pool, lying_png(50'000, 50'000)).code, "too_many_pixels");
    EXPECT_EQ(fail(pool, "<html>no picture</html>").code, "not_an_image");
    EXPECT_EQ(fail(pool, "").code, "not_an_image");
    EXPECT_EQ(fail(pool, std::string(33U << 20U, 'x')).code, "too_large");
    EXPECT_EQ(process(pool, picture_).variants.size(), 6U);
    EXPECT_EQ(pool.stats().started, 1U);
    EXPECT_EQ(pool.stats().lost, 0U);
}

TEST_F(SandboxPoolTest, RefusesASmallFileThatAsksForAHugePicture) {
    const std::string bomb = save(vips::VImage::black(10'000, 10'000), ".avif[effort=0]");
    ASSERT_LT(bomb.size(), 8'000U);
    SandboxPool pool(fixture_.io, options("real"), log_);
    EXPECT_EQ(fail(pool, bomb).code, "too_many_pixels");
    // Even where an operator allows the pixels, the memory limit holds and the worker lives.
    SandboxOptions generous = options("real");
    generous.limits.max_buffered_pixels = 200'000'000;
    generous.memory_bytes = 128U << 20U;
    SandboxPool open_pool(fixture_.io, generous, log_);
    const Failure failure = fail(open_pool, bomb);
#if defined(__has_feature)
#if __has_feature(address_sanitizer)
    GTEST_SKIP() << "the address-space limit is off under ASan";
#endif
#endif
    EXPECT_THAT(failure.code, ::testing::AnyOf("out_of_memory", "decoder_crashed", "corrupt_image"))
        << failure.message;
    EXPECT_FALSE(failure.transient);
    EXPECT_EQ(process(open_pool, picture_).variants.size(), 6U);
}

TEST_F(SandboxPoolTest, MakesACrashOneJobsPermanentErrorAndReplacesTheChild) {
    for (const char* how : {"segfault", "abort"}) {
        SandboxPool pool(fixture_.io, options(how), log_);
        for (int i = 1; i <= 2; ++i) {
            const Failure failure = fail(pool, picture_);
            EXPECT_EQ(failure.code, "decoder_crashed") << how;
            EXPECT_FALSE(failure.transient);
            EXPECT_NE(failure.message.find("signal"), std::string::npos) << failure.message;
            EXPECT_EQ(pool.stats().started, static_cast<std::uint64_t>(i));
            EXPECT_EQ(pool.stats().busy, 0U);
        }
    }
}

TEST_F(SandboxPoolTest, SurvivesTheKillingOfAChildInMidJob) {
    SandboxPool pool(fixture_.io, options("hang"), log_);
    const auto kill_at_work = [&]() -> awaitable<void> {
        while (pool.stats().working == 0) co_await sleep_for(2ms);
        ::kill(pool.pids().front(), SIGKILL);
    };
    asio::co_spawn(fixture_.io, kill_at_work(), asio::detached);
    const Failure failure = fail(pool, picture_);
    EXPECT_EQ(failure.code, "decoder_crashed");
    EXPECT_FALSE(failure.transient);
    EXPECT_EQ(pool.stats().lost, 1U);
}

TEST_F(SandboxPoolTest, GivesThePictureToTheNextChildWhenAnIdleOneHadDied) {
    SandboxPool pool(fixture_.io, options("real"), log_);
    fixture_.run(pool.prefork());
    const int first = pool.pids().front();
    ::kill(first, SIGKILL);
    EXPECT_EQ(process(pool, picture_).variants.size(), 6U);
    EXPECT_EQ(pool.stats().started, 2U);
    EXPECT_NE(pool.pids().back(), first);
}

TEST_F(SandboxPoolTest, KillsAChildThatHangs) {
    SandboxOptions hanging = options("hang");
    hanging.job_timeout = 200ms;
    SandboxPool pool(fixture_.io, hanging, log_);
    const Failure failure = fail(pool, picture_);
    EXPECT_EQ(failure.code, "decoder_timeout");
    EXPECT_FALSE(failure.transient);
    EXPECT_TRUE(eventually([&] { return pool.pids().empty(); }));
}

TEST_F(SandboxPoolTest, BlamesTheJobsOwnDeadlineWhenThatCameFirst) {
    SandboxPool pool(fixture_.io, options("hang"), log_);
    fixture_.run(pool.prefork());
    const Failure failure = fail(pool, picture_, 300ms);
    EXPECT_EQ(failure.code, "deadline_exceeded");
    EXPECT_TRUE(failure.transient);
}

TEST_F(SandboxPoolTest, StopsAChildThatBurnsCpu) {
    SandboxPool pool(fixture_.io, options("burn-cpu"), log_);
    EXPECT_EQ(fail(pool, picture_).code, "decoder_timeout");
}

TEST_F(SandboxPoolTest, DoesNotBelieveAChildThatLies) {
    for (const char* how : {"lie", "shout"}) {
        SandboxPool pool(fixture_.io, options(how), log_);
        const Failure failure = fail(pool, picture_);
        EXPECT_EQ(failure.code, "decoder_crashed") << how;
        EXPECT_FALSE(failure.transient);
        EXPECT_TRUE(eventually([&] { return pool.pids().empty(); })) << how;
    }
}

TEST_F(SandboxPoolTest, SaysThatTheSandboxCanNotBeHad) {
    SandboxPool dying(fixture_.io, options("exit-at-start"), log_);
    const Failure failure = fail(dying, picture_);
    EXPECT_EQ(failure.code, "sandbox_unavailable");
    EXPECT_TRUE(failure.transient);
    EXPECT_NE(failure.message.find("status 3"), std::string::npos) << failure.message;

    SandboxOptions missing = options("real");
    missing.program = "/nowhere/barid";
    SandboxPool nothing(fixture_.io, missing, log_);
    EXPECT_EQ(fail(nothing, picture_).code, "sandbox_unavailable");
    EXPECT_EQ(nothing.stats().busy, 0U);

    SandboxOptions slow = options("hang-at-start");
    slow.start_timeout = 200ms;
    SandboxPool hanging(fixture_.io, slow, log_);
    EXPECT_EQ(fail(hanging, picture_).code, "sandbox_unavailable");
    EXPECT_TRUE(eventually([&] { return hanging.pids().empty(); }));
}

TEST_F(SandboxPoolTest, RetiresAChildAfterItsShareOfJobs) {
    SandboxOptions short_lived = options("real");
    short_lived.jobs_per_child = 2;
    SandboxPool pool(fixture_.io, short_lived, log_);
    for (int i = 0; i < 5; ++i) EXPECT_EQ(process(pool, picture_).variants.size(), 6U);
    EXPECT_EQ(pool.stats().started, 3U);
    EXPECT_EQ(pool.stats().lost, 0U);
}

TEST_F(SandboxPoolTest, RunsManyJobsOnFewChildrenInOrder) {
    SandboxPool pool(fixture_.io, options("real", 2), log_);
    std::vector<int> finished;
    std::size_t most = 0;
    const auto job = [&](int number) -> awaitable<void> {
        (void)co_await pool.process(small_recipe(), picture_, in(60s));
        most = std::max(most, pool.stats().children);
        finished.push_back(number);
    };
    for (int i = 0; i < 12; ++i) asio::co_spawn(fixture_.io, job(i), asio::detached);
    EXPECT_TRUE(eventually([&] { return finished.size() == 12; }));
    EXPECT_LE(most, 2U);
    EXPECT_LT(finished.front(), 2);
    EXPECT_GE(finished.back(), 10);
    EXPECT_EQ(pool.stats().busy, 0U);
}

TEST_F(SandboxPoolTest, BoundsTheLine) {
    SandboxOptions narrow = options("hang");
    narrow.max_waiting = 1;
    narrow.job_timeout = 400ms;
    SandboxPool pool(fixture_.io, narrow, log_);
    std::vector<std::string> codes;
    const auto job = [&]() -> awaitable<void> {
        try {
            (void)co_await pool.process(small_recipe(), picture_, in(60s));
        } catch (const Error& e) {
            codes.push_back(e.code());
        }
    };
    for (int i = 0; i < 3; ++i) asio::co_spawn(fixture_.io, job(), asio::detached);
    EXPECT_TRUE(eventually([&] { return codes.size() == 3; }));
    EXPECT_THAT(codes,
                ::testing::ElementsAre("sandbox_busy", "decoder_timeout", "decoder_timeout"));
}

TEST_F(SandboxPoolTest, GivesUpWaitingForAChildAtTheDeadline) {
    SandboxPool pool(fixture_.io, options("hang"), log_);
    asio::co_spawn(fixture_.io, pool.process(small_recipe(), picture_, in(60s)), asio::detached);
    ASSERT_TRUE(eventually([&] { return pool.stats().busy == 1; }));
    EXPECT_EQ(fail(pool, picture_, 100ms).code, "sandbox_busy");
    EXPECT_EQ(pool.stats().waiting, 0U);
}

TEST_F(SandboxPoolTest, KillsTheChildWhenTheJobIsCancelled) {
    SandboxPool pool(fixture_.io, options("hang"), log_);
    auto cancelled = [&]() -> awaitable<void> {
        (void)co_await with_timeout(pool.process(small_recipe(), picture_, in(60s)), 300ms, "job");
    };
    EXPECT_THROW(fixture_.run(cancelled()), TimeoutError);
    EXPECT_TRUE(eventually([&] { return pool.pids().empty(); }));
    EXPECT_EQ(pool.stats().busy, 0U);
}

TEST_F(SandboxPoolTest, LeavesNoChildBehind) {
    std::vector<int> pids;
    {
        SandboxPool pool(fixture_.io, options("real", 3), log_);
        fixture_.run(pool.prefork());
        pids = pool.pids();
        ASSERT_EQ(pids.size(), 3U);
        for (const int pid : pids) EXPECT_TRUE(alive(pid));
    }
    for (const int pid : pids) EXPECT_TRUE(eventually([&] { return !alive(pid); }));
}

/// Gone, or a zombie that only init can still see.
bool ended(int pid) {
    std::ifstream stat("/proc/" + std::to_string(pid) + "/stat");
    std::string number, name, state;
    return !(stat >> number >> name >> state) || state == "Z" || state == "X";
}

TEST_F(SandboxPoolTest, ItsChildrenDieWithAKilledWorker) {
    support::ChildProcess worker({BARID_TEST_DECODE_CHILD, "pool"});
    std::istringstream pids(worker.wait_for_line("READY"));
    const std::vector<int> children{std::istream_iterator<int>(pids), {}};
    ASSERT_EQ(children.size(), 2U);
    for (const int pid : children) EXPECT_FALSE(ended(pid));
    worker.signal(SIGKILL);
    for (const int pid : children) EXPECT_TRUE(eventually([&] { return ended(pid); }));
}

TEST_F(SandboxPoolTest, GivesItsChildrenNothingOfTheWorkersSecretsAndFiles) {
    ::setenv("BARID_TEST_SECRET", "do-not-leak", 1);
    const std::ofstream kept(std::filesystem::temp_directory_path() / "barid-sandbox-kept");
    SandboxPool pool(fixture_.io, options("hang"), log_);
    asio::co_spawn(fixture_.io, pool.process(small_recipe(), picture_, in(60s)), asio::detached);
    ASSERT_TRUE(eventually([&] { return pool.stats().working == 1; }));
    const std::string proc = "/proc/" + std::to_string(pool.pids().front());
    std::ifstream environ(proc + "/environ", std::ios::binary);
    const std::string environment{std::istreambuf_iterator<char>(environ), {}};
    EXPECT_NE(environment.find("LC_ALL"), std::string::npos);
    EXPECT_EQ(environment.find("do-not-leak"), std::string::npos);
    for (const auto& entry : std::filesystem::directory_iterator(proc + "/fd")) {
        EXPECT_LE(std::stoi(entry.path().filename().string()), 3) << entry.path();
    }
    ::unsetenv("BARID_TEST_SECRET");
    std::filesystem::remove(std::filesystem::temp_directory_path() / "barid-sandbox-kept");
}

class Walls : public SandboxPoolTest, public ::testing::WithParamInterface<const char*> {};

TEST_P(Walls, KillADecoderThatReachesOut) {
    SandboxPool pool(fixture_.io, options(std::string("try:") + GetParam()), log_);
    const Failure failure = fail(pool, picture_);
    EXPECT_EQ(failure.code, "decoder_crashed") << failure.message;
    EXPECT_NE(failure.message.find("sandbox forbids"), std::string::npos) << failure.message;
}

// fork is clone without CLONE_THREAD, which only the strict filter can tell apart.
#if defined(__has_feature)
#if __has_feature(address_sanitizer) || __has_feature(thread_sanitizer)
#define BARID_RELAXED_WALLS
#endif
#endif
#ifdef BARID_RELAXED_WALLS
INSTANTIATE_TEST_SUITE_P(Calls, Walls, ::testing::Values("socket", "exec", "kill"));
#else
INSTANTIATE_TEST_SUITE_P(Calls, Walls, ::testing::Values("socket", "exec", "kill", "fork"));

TEST_F(SandboxPoolTest, WallsRefuseFilesAndMemory) {
    for (const char* what : {"try:open", "try:memory"}) {
        SandboxPool pool(fixture_.io, options(what), log_);
        const Failure failure = fail(pool, picture_);
        EXPECT_EQ(failure.code, "refused") << what << ": " << failure.message;
        EXPECT_EQ(failure.message,
                  std::to_string(what == std::string("try:open") ? EACCES : ENOMEM));
    }
}
#endif

}  // namespace
}  // namespace barid::media
