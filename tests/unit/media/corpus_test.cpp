// The fuzzers' kept corpus, and damaged copies of it, through the fuzzers' own functions: a broken
// promise aborts.
#include <gtest/gtest.h>

#include <random>

#include "tests/fuzz/picture_targets.hpp"
#include "tests/support/corpus.hpp"

namespace barid::media {
namespace {

void run(const std::string& target, void (*promises)(std::string_view), int damages) {
    const auto files = support::read_corpus(std::string(BARID_CORPUS "/") + target);
    ASSERT_GE(files.size(), 5U) << target;
    std::mt19937 random(11);  // fixed: a failure can be repeated
    for (const auto& [name, bytes] : files) {
        SCOPED_TRACE(name);
        promises(bytes);
        for (int i = 0; i < damages && !bytes.empty(); ++i) {
            std::string damaged = bytes;
            damaged[random() % damaged.size()] = static_cast<char>(random());
            promises(damaged.substr(0, 1 + random() % damaged.size()));
            promises(damaged);
        }
    }
}

TEST(Corpus, OfUploadsIsSniffedAsPromised) {
    run("picture", fuzz::picture, 300);
}

TEST(Corpus, OfHeadersIsCheckedAsPromised) {
    run("header", fuzz::header, 20);
}

TEST(Corpus, OfChildrensAnswersIsReadAsPromised) {
    run("decode_answer", fuzz::answer, 300);
}

}  // namespace
}  // namespace barid::media
