#include "base/log.hpp"

#include <gmock/gmock.h>
#include <unistd.h>

#include <limits>
#include <thread>

#include "base/json.hpp"
#include "base/text.hpp"

namespace barid {
namespace {

using ::testing::HasSubstr;
using ::testing::Not;

/// Collects what is logged into a temporary file.
class LogTest : public ::testing::Test {
  protected:
    LogTest() : file_(std::tmpfile()) { start(log::Level::debug, log::Format::json); }
    ~LogTest() override {
        log::init({});
        std::fclose(file_);
    }

    void start(log::Level level, log::Format format) {
        log::init({.level = level, .format = format, .fd = ::fileno(file_)});
    }
    std::vector<std::string> lines() {
        std::vector<std::string> result;
        std::string all;
        char buffer[4096];
        ::lseek(::fileno(file_), 0, SEEK_SET);
        for (;;) {
            const auto size = ::read(::fileno(file_), buffer, sizeof buffer);
            if (size <= 0) break;
            all.append(buffer, static_cast<std::size_t>(size));
        }
        for (std::size_t start = 0; start < all.size();) {
            const auto end = all.find('\n', start);
            result.push_back(all.substr(start, end - start));
            start = end + 1;
        }
        return result;
    }
    std::string only_line() {
        const auto all = lines();
        EXPECT_EQ(all.size(), 1U);
        return all.empty() ? "" : all.front();
    }

  private:
    std::FILE* file_;
};

TEST_F(LogTest, WritesOneJsonObjectALine) {
    log::Logger()
        .with({{"job", 7}})
        .warn("job \"failed\"\n", {{"text", "a\"b\\c\n\x01"},
                                   {"ok", true},
                                   {"ratio", 0.5},
                                   {"took", std::chrono::seconds(2)}});
    const auto value = parse_json(only_line());
    EXPECT_EQ(value.at("level").as_string(), "warn");
    EXPECT_EQ(value.at("msg").as_string(), "job \"failed\"\n");
    EXPECT_EQ(value.at("job").as_int64(), 7);
    EXPECT_EQ(value.at("text").as_string(), "a\"b\\c\n\x01");
    EXPECT_EQ(value.at("ok").as_bool(), true);
    EXPECT_EQ(value.at("ratio").as_double(), 0.5);
    EXPECT_EQ(value.at("took_ms").to_number<double>(), 2000);
    EXPECT_EQ(value.at("ts").as_string().size(), std::string("2026-01-01T00:00:00.000Z").size());
}

TEST_F(LogTest, StaysJsonWithHostileFields) {
    log::Logger().info("x", {{"bad\"name", "\xFF\xFE"},
                             {"nan", std::numeric_limits<double>::quiet_NaN()},
                             {"inf", std::numeric_limits<double>::infinity()},
                             {"null", std::string_view("a\0b", 3)}});
    const auto value = parse_json(only_line());
    EXPECT_TRUE(value.at("nan").is_null());
    EXPECT_TRUE(value.at("inf").is_null());
    EXPECT_EQ(value.at("null").as_string(), json::string_view("a\0b", 3));
}

TEST_F(LogTest, NeverShowsASecret) {
    log::Logger().info("x", {{"key", Secret("s3cret")}});
    EXPECT_THAT(only_line(), HasSubstr("\"key\":\"***\""));
    EXPECT_THAT(only_line(), Not(HasSubstr("s3cret")));
}

TEST_F(LogTest, CutsLongFields) {
    std::string arabic;
    while (arabic.size() < 10'000) arabic += "بريد";
    log::Logger().info("x", {{"long", arabic}});
    const auto value = parse_json(only_line());
    const std::string cut(value.at("long").as_string());
    EXPECT_LE(cut.size(), log::kMaxFieldBytes);
    EXPECT_GT(cut.size(), log::kMaxFieldBytes - 8);
    EXPECT_TRUE(cut.ends_with("…"));
}

TEST_F(LogTest, LeavesOutWhatIsBelowTheLevel) {
    start(log::Level::warn, log::Format::json);
    log::Logger logger;
    logger.debug("a");
    logger.info("b");
    logger.warn("c");
    logger.error("d");
    EXPECT_EQ(lines().size(), 2U);
    start(log::Level::off, log::Format::json);
    logger.error("e");
    EXPECT_EQ(lines().size(), 2U);
}

TEST_F(LogTest, IsReadableAsText) {
    start(log::Level::info, log::Format::text);
    log::Logger().error("it broke", {{"why", "disk full"}});
    EXPECT_THAT(only_line(), HasSubstr("error it broke why=\"disk full\""));
}

TEST_F(LogTest, KeepsLinesOfThreadsApart) {
    constexpr int kThreads = 4;
    constexpr int kLines = 200;
    std::vector<std::thread> threads;
    for (int t = 0; t < kThreads; ++t) {
        threads.emplace_back([t] {
            const auto logger = log::Logger().with({{"thread", t}});
            for (int i = 0; i < kLines; ++i) logger.info("line", {{"i", i}});
        });
    }
    for (auto& thread : threads) thread.join();
    const auto all = lines();
    EXPECT_EQ(all.size(), static_cast<std::size_t>(kThreads * kLines));
    for (const auto& line : all) EXPECT_NO_THROW(parse_json(line)) << line;
}

}  // namespace
}  // namespace barid
