// The kept corpus of fuzz_request, and damaged copies of it, through the fuzzer's own function: a
// broken promise aborts.
#include <gtest/gtest.h>

#include <random>

#include "tests/fuzz/request_target.hpp"
#include "tests/support/corpus.hpp"

namespace barid::web {
namespace {

TEST(HttpCorpus, OfRequestsIsReadAsPromised) {
    const auto files = support::read_corpus(BARID_CORPUS "/request");
    ASSERT_GE(files.size(), 14U);
    std::mt19937 random(6);  // fixed: a failure can be repeated
    for (const auto& [name, bytes] : files) {
        SCOPED_TRACE(name);
        fuzz::request(bytes);
        for (int i = 0; i < 300; ++i) {
            std::string damaged = bytes;
            constexpr std::string_view kSigns = "\r\n \t:,;=\"%/.?0f[]x";
            damaged[random() % damaged.size()] = kSigns[random() % kSigns.size()];
            fuzz::request(damaged);
        }
    }
}

}  // namespace
}  // namespace barid::web
