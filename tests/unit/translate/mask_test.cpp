#include "translate/mask.hpp"

#include <gtest/gtest.h>

#include <algorithm>
#include <random>

namespace barid::translate {
namespace {

std::vector<std::string> masked(const std::string& text) {
    std::vector<std::string> out;
    for (const Mask& mask : find_masks(text)) {
        out.push_back(text.substr(mask.begin, mask.end - mask.begin));
    }
    return out;
}

using Texts = std::vector<std::string>;

TEST(FindMasks, ProtectsAddresses) {
    EXPECT_EQ(masked("See https://shop.example/a?b=1&c=2#d."),
              Texts{"https://shop.example/a?b=1&c=2#d"});
    EXPECT_EQ(masked("زوروا www.shop.example، الآن"), Texts{"www.shop.example"});
    EXPECT_EQ(masked("Write to help+eg@shop.example!"), Texts{"help+eg@shop.example"});
    EXPECT_EQ(masked("follow @shop now"), Texts{});
}

TEST(FindMasks, ProtectsPlaceholders) {
    EXPECT_EQ(masked("Hi {name}, {{ order.id }} is ${state}"),
              (Texts{"{name}", "{{ order.id }}", "${state}"}));
    EXPECT_EQ(masked("%s has %1$d of %(total)s, %.2f%% off, %@"),
              (Texts{"%s", "%1$d", "%(total)s", "%.2f", "%%", "%@"}));
    EXPECT_EQ(masked("{not closed"), Texts{});
    EXPECT_EQ(masked("a <b>bold</b> &amp; &#39;x"), (Texts{"<b>", "</b>", "&amp;", "&#39;"}));
    EXPECT_EQ(masked("3 < 4 and 5 > 2, Q&A; R&D"), Texts{});
}

TEST(FindMasks, ProtectsCodesAndMeasures) {
    EXPECT_EQ(masked("Model SM-G991B, size XL, ref AB-1234/5"), (Texts{"SM-G991B", "AB-1234/5"}));
    EXPECT_EQ(masked("750 ml bottle, 1.5kg, 10 x 20 cm, 5% off, 220-240V"),
              (Texts{"750 ml", "1.5kg", "10 x 20 cm", "5%", "220-240V"}));
    EXPECT_EQ(masked("زجاجة 750 ml"), Texts{"750 ml"});
    EXPECT_EQ(masked("5 men, 3 large bags, 2 V-neck shirts, 2 in the morning, 3 apples"), Texts{});
    EXPECT_EQ(masked("Size-10 shoes for 2024"), Texts{});
}

TEST(Protect, GivesEachMaskItsToken) {
    const Protected plain = protect("Buy {n} at AB-1", TokenStyle::plain);
    EXPECT_EQ(plain.text, "Buy k0@m.invalid at k1@m.invalid");
    const Protected xml = protect("R&D <3 {n}", TokenStyle::xml);
    EXPECT_EQ(xml.text, "R&amp;D &lt;3 <m id=\"0\"/>");
}

TEST(Restore, PutsOriginalsBackWhereverTheyMoved) {
    const Protected plain = protect("Buy {n} at AB-1", TokenStyle::plain);
    EXPECT_EQ(restore("من K1@M.INVALID اشتر k0@m.invalid", plain, TokenStyle::plain).value(),
              "من AB-1 اشتر {n}");
    const Protected xml = protect("R&D {n}", TokenStyle::xml);
    EXPECT_EQ(restore("<m id=\"0\" /> بحث &amp; تطوير &#x623;", xml, TokenStyle::xml).value(),
              "{n} بحث & تطوير أ");
}

TEST(Restore, ReadsSpansAsProvidersWriteThem) {
    const Protected sent = protect("R&D at AB-1 & {n}", TokenStyle::html_span);
    EXPECT_EQ(sent.text,
              "R&amp;D at <span class=\"notranslate\" translate=\"no\" id=\"k0\">AB-1</span> &amp; "
              "<span class=\"notranslate\" translate=\"no\" id=\"k1\">{n}</span>");
    const auto back = [&](const std::string& answer) {
        return restore(answer, sent, TokenStyle::html_span).value_or("refused");
    };
    // In another order, with other quotes, and with what a provider made of the inner text.
    EXPECT_EQ(back("<span id='k1' class='notranslate'>{ن}</span> &amp; <SPAN CLASS=notranslate "
                   "id=k0 translate=no>AB-1</SPAN>&nbsp;&#39;"),
              "{n} & AB-1\u00A0'");
    EXPECT_EQ(back("<span id=\"k0\">a</span>"), "refused") << "one is missing";
    EXPECT_EQ(back("<span id=\"k0\"><b>a</b></span><span id=\"k1\">b</span>"), "refused");
    EXPECT_EQ(back("<span id=\"k0\">a</span><span id=\"k1\">b</span><span>c</span>"), "refused");
    EXPECT_EQ(back("<span id=\"k0\">a</span><span id=\"k1\">b"), "refused");
}

TEST(Restore, RefusesLostDoubledAndUnknownTokens) {
    const Protected sent = protect("{a} {b}", TokenStyle::plain);
    EXPECT_FALSE(restore("k0@m.invalid", sent, TokenStyle::plain));
    EXPECT_FALSE(restore("k0@m.invalid k1@m.invalid k1@m.invalid", sent, TokenStyle::plain));
    EXPECT_FALSE(restore("k0@m.invalid k1@m.invalid k2@m.invalid", sent, TokenStyle::plain));
    EXPECT_FALSE(restore("k0@m.invalid k1@m. invalid", sent, TokenStyle::plain));
    const Protected xml = protect("{a}", TokenStyle::xml);
    EXPECT_FALSE(restore("<m id=\"0\"/><script>alert(1)</script>", xml, TokenStyle::xml));
    EXPECT_FALSE(restore("<m id=\"99999\"/>", xml, TokenStyle::xml));
    EXPECT_FALSE(restore("<m id=\"0\"", xml, TokenStyle::xml));
}

TEST(Restore, UndoesProtectForAnyText) {
    const Texts parts = {"{a}",    "%s",    "k0@m.invalid", "<b>",        "&amp;",   "AB-1",
                         "750 ml", "قميص ", " & ",          "<",          "text ",   "{{x",
                         "}}",     "5%",    "k1",           "@m.invalid", "\n",      ">",
                         "x@y.zz", "www.",  "m id=",        "\"/>",       "aaaaaaaa"};
    std::mt19937 random(7);
    for (int round = 0; round < 5000; ++round) {
        std::string text;
        for (unsigned n = random() % 12; n > 0; --n) text += parts[random() % parts.size()];
        for (const TokenStyle style : {TokenStyle::plain, TokenStyle::xml}) {
            const Protected sent = protect(text, style);
            const auto back = restore(sent.text, sent, style);
            ASSERT_TRUE(back) << text << "\n" << sent.text << "\n" << back.error();
            ASSERT_EQ(*back, text);
        }
    }
}

TEST(FindMasks, StaysFastOnHostileTexts) {
    // Each of these is quadratic for a scanner without bounds.
    for (const std::string unit :
         {"1,", "a-", "{", "<a", "%1", "http://", "&a", "1x", "a@", "www."}) {
        std::string text;
        while (text.size() < 200'000) text += unit;
        const auto began = std::chrono::steady_clock::now();
        find_masks(text);
        EXPECT_LT(std::chrono::steady_clock::now() - began, std::chrono::seconds(5)) << unit;
    }
}

}  // namespace
}  // namespace barid::translate
