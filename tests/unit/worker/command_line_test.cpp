#include "worker/command_line.hpp"

#include <gtest/gtest.h>

#include <vector>

namespace barid::worker {
namespace {

/// What parse says, with its help and complaints kept away from the test's output.
struct Parsed {
    int code = 0;
    std::string said;
};

Parsed parse(std::vector<std::string> words) {
    words.insert(words.begin(), "barid");
    std::vector<char*> argv;
    for (std::string& word : words) argv.push_back(word.data());
    testing::internal::CaptureStderr();
    testing::internal::CaptureStdout();
    CommandLine line;
    Parsed parsed;
    parsed.code = line.parse(static_cast<int>(argv.size()), argv.data());
    parsed.said = testing::internal::GetCapturedStdout() + testing::internal::GetCapturedStderr();
    return parsed;
}

constexpr int kGoOn = -1;
constexpr int kUsage = 2;

TEST(CommandLine, TakesEveryCommand) {
    const std::vector<std::vector<std::string>> good{
        {"migrate"},
        {"work"},
        {"health"},
        {"doctor", "--json"},
        {"config", "check"},
        {"config", "print"},
        {"enqueue", "notify.send", "{}", "--queue", "mail", "--priority", "0", "--delay", "5 min",
         "--max-attempts", "3", "--unique-key", "k", "--ordering-key", "o", "--json"},
        {"jobs", "list", "--state", "failed", "--limit", "5", "--json"},
        {"jobs", "show", "17"},
        {"jobs", "retry", "1", "2", "3"},
        {"jobs", "cancel", "9223372036854775807"},
        {"queues", "list"},
        {"queues", "pause", "mail"},
        {"queues", "resume", "mail", "--json"},
        {"--config", "barid.toml", "work"},
        {"work", "--config", "barid.toml"}};
    for (const auto& words : good) EXPECT_EQ(parse(words).code, kGoOn) << words.front();
}

TEST(CommandLine, AKindMayBeCalledLikeACommand) {
    EXPECT_EQ(parse({"enqueue", "work"}).code, kGoOn);
    EXPECT_EQ(parse({"queues", "pause", "list"}).code, kGoOn);
}

TEST(CommandLine, RefusesWhatItDoesNotKnow) {
    const std::vector<std::vector<std::string>> bad{{},
                                                    {"wrok"},
                                                    {"work", "--fast"},
                                                    {"jobs"},
                                                    {"jobs", "shw", "1"},
                                                    {"jobs", "show"},
                                                    {"jobs", "show", "abc"},
                                                    {"jobs", "show", "1", "2"},
                                                    {"jobs", "show", "9223372036854775808"},
                                                    {"jobs", "cancel", "1.5"},
                                                    {"jobs", "list", "--state", "done"},
                                                    {"jobs", "list", "--limit", "0"},
                                                    {"enqueue"},
                                                    {"enqueue", "Notify Send"},
                                                    {"enqueue", std::string(64, 'k')},
                                                    {"enqueue", "a", "{}", "--priority", "10"},
                                                    {"enqueue", "a", "{}", "--max-attempts", "0"},
                                                    {"enqueue", "a", "{}", "--queue", "Mail!"},
                                                    {"queues", "pause", "../etc"}};
    for (const auto& words : bad) {
        const Parsed parsed = parse(words);
        EXPECT_EQ(parsed.code, kUsage) << testing::PrintToString(words);
        EXPECT_FALSE(parsed.said.empty()) << testing::PrintToString(words);
    }
}

TEST(CommandLine, NamesWhatANameMayBe) {
    EXPECT_NE(parse({"enqueue", "Notify"}).said.find("1 to 63 of a-z"), std::string::npos);
}

TEST(CommandLine, HelpAndVersionAreNoMistakes) {
    EXPECT_EQ(parse({"--help"}).code, 0);
    EXPECT_EQ(parse({"enqueue", "--help"}).code, 0);
    EXPECT_EQ(parse({"--version"}).code, 0);
    EXPECT_NE(parse({"--help"}).said.find("doctor"), std::string::npos);
}

}  // namespace
}  // namespace barid::worker
