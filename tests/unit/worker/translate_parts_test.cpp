#include "worker/translate_parts.hpp"

#include <gtest/gtest.h>

namespace barid::worker {
namespace {

TEST(TranslatorOptions, FollowTheStoresPolicy) {
    config::Translate settings;
    const translate::TranslatorOptions usual = translator_options(settings);
    EXPECT_TRUE(usual.attributes);
    EXPECT_EQ(usual.typography.digits, translate::Digits::keep);
    EXPECT_EQ(usual.typography.quotes, translate::Quotes::guillemets);
    EXPECT_EQ(usual.typography.percent, translate::SignPlace::keep);

    settings.attributes = false;
    settings.digits = config::TranslateDigits::arabic_indic;
    settings.quotes = config::TranslateQuotes::keep;
    settings.percent = config::SignPlace::before;
    settings.currency = config::SignPlace::after;
    const translate::TranslatorOptions chosen = translator_options(settings);
    EXPECT_FALSE(chosen.attributes);
    EXPECT_EQ(chosen.typography.digits, translate::Digits::arabic_indic);
    EXPECT_EQ(chosen.typography.quotes, translate::Quotes::keep);
    EXPECT_EQ(chosen.typography.percent, translate::SignPlace::before);
    EXPECT_EQ(chosen.typography.currency, translate::SignPlace::after);
    settings.digits = config::TranslateDigits::latin;
    EXPECT_EQ(translator_options(settings).typography.digits, translate::Digits::latin);
}

}  // namespace
}  // namespace barid::worker
