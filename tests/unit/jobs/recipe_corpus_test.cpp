// The kept corpus of fuzz_recipe, and damaged copies of it, through the fuzzer's own function: a
// broken promise aborts.
#include <gtest/gtest.h>

#include <random>

#include "tests/fuzz/recipe_target.hpp"
#include "tests/support/corpus.hpp"

namespace barid::jobs {
namespace {

TEST(Corpus, OfRecipesIsReadAsPromised) {
    const auto files = support::read_corpus(BARID_CORPUS "/recipe");
    ASSERT_GE(files.size(), 10U);
    std::mt19937 random(12);  // fixed: a failure can be repeated
    for (const auto& [name, bytes] : files) {
        SCOPED_TRACE(name);
        fuzz::recipe(bytes);
        for (int i = 0; i < 300; ++i) {
            std::string damaged = bytes;
            constexpr std::string_view kSigns = "0123456789-.eE\"[]{},:#axp";
            damaged[random() % damaged.size()] = kSigns[random() % kSigns.size()];
            fuzz::recipe(damaged);
        }
    }
}

}  // namespace
}  // namespace barid::jobs
