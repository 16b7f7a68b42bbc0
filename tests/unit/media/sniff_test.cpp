#include "media/sniff.hpp"

#include <gtest/gtest.h>

#include <string>
#include <tuple>

#include "media/error.hpp"

namespace barid::media {
namespace {

using namespace std::string_literals;

std::string ftyp(const std::string& major, const std::string& compatible) {
    const std::string body = "ftyp" + major + std::string(4, '\0') + compatible;
    return std::string(3, '\0') + static_cast<char>(body.size() + 4) + body;
}

TEST(Sniff, KnowsTheSixFormatsByTheirFirstBytes) {
    EXPECT_EQ(sniff("\xFF\xD8\xFF\xE0").format, InputFormat::jpeg);
    EXPECT_EQ(sniff("\x89PNG\r\n\x1A\n").format, InputFormat::png);
    EXPECT_EQ(sniff("RIFF\x10\0\0\0WEBPVP8 "s).format, InputFormat::webp);
    EXPECT_EQ(sniff("GIF87a").format, InputFormat::gif);
    EXPECT_EQ(sniff("GIF89a").format, InputFormat::gif);
    EXPECT_EQ(sniff(ftyp("avif", "mif1miaf")).format, InputFormat::avif);
    EXPECT_EQ(sniff(ftyp("heic", "mif1")).format, InputFormat::heic);
}

TEST(Sniff, FindsTheCodecOfAHeifAmongItsCompatibleBrands) {
    EXPECT_EQ(sniff(ftyp("mif1", "mif1avif")).format, InputFormat::avif);
    EXPECT_EQ(sniff(ftyp("mif1", "heicmif1")).format, InputFormat::heic);
    EXPECT_EQ(sniff(ftyp("mif1", "miaf")).other, "heif of an unknown codec");
    EXPECT_EQ(sniff(ftyp("isom", "mp42")).other, "video");
}

TEST(Sniff, DoesNotTakeTheMinorVersionForABrand) {
    const std::string lying = std::string(3, '\0') + '\x10' + "ftypmp42" + "avif";
    EXPECT_EQ(sniff(lying).other, "video");
}

using Refused = std::tuple<std::string, std::string, std::string>;
class SniffRefuses : public ::testing::TestWithParam<Refused> {};

TEST_P(SniffRefuses, AndSaysWhatItLooksLike) {
    const auto& [bytes, other, code] = GetParam();
    EXPECT_EQ(sniff(bytes).other, other);
    EXPECT_FALSE(sniff(bytes).format);
    try {
        (void)require_image(bytes);
        FAIL() << "accepted";
    } catch (const Error& e) {
        EXPECT_EQ(e.code(), code);
        EXPECT_FALSE(e.transient());
        if (other != "unknown") EXPECT_NE(std::string(e.what()).find(other), std::string::npos);
    }
}

INSTANTIATE_TEST_SUITE_P(
    Kinds, SniffRefuses,
    ::testing::Values(
        Refused{"", "empty", "not_an_image"}, Refused{"x", "text", "not_an_image"},
        Refused{"\0"s, "unknown", "not_an_image"}, Refused{"\xFF\xD8", "text", "not_an_image"},
        Refused{"<!DOCTYPE html><p>404", "html", "not_an_image"},
        Refused{"  \n<HTML><body>", "html", "not_an_image"},
        Refused{"<?xml version='1.0'?><rss/>", "xml", "not_an_image"},
        Refused{"<svg xmlns='http://www.w3.org/2000/svg'/>", "svg", "unsupported_format"},
        Refused{"\xEF\xBB\xBF<?xml version='1.0'?><!-- a --><SVG>", "svg", "unsupported_format"},
        Refused{"%PDF-1.7", "pdf", "not_an_image"},
        Refused{"junk before %PDF-1.4", "pdf", "not_an_image"},
        Refused{"II*\0\x08"s, "tiff", "unsupported_format"},
        Refused{"MM\0*\0"s, "tiff", "unsupported_format"},
        Refused{"BM\x36", "bmp", "unsupported_format"},
        Refused{"8BPS", "psd", "unsupported_format"},
        Refused{"\xFF\x0A", "jxl", "unsupported_format"},
        Refused{"PK\x03\x04", "zip", "not_an_image"},
        Refused{"\x7F"
                "ELF",
                "program", "not_an_image"},
        Refused{"{\"error\":\"not found\"}", "json", "not_an_image"},
        Refused{"push graphic-context\nviewbox 0 0 1 1", "text", "not_an_image"},
        Refused{"RIFF\0\0\0\0WAVE"s, "audio or video", "not_an_image"}));

TEST(LooksTruncated, TrustsTheContainersOwnLengths) {
    EXPECT_TRUE(looks_truncated(InputFormat::webp, "RIFF\xFF\0\0\0WEBP"s));
    EXPECT_FALSE(looks_truncated(InputFormat::webp, "RIFF\x04\0\0\0WEBP"s));
    EXPECT_TRUE(looks_truncated(InputFormat::jpeg, "\xFF\xD8\xFF\xE0"));
    EXPECT_FALSE(looks_truncated(InputFormat::jpeg, "\xFF\xD8\xFF\xD9 trailing"));
    EXPECT_TRUE(looks_truncated(InputFormat::png, "\x89PNG\r\n\x1A\n\0\0\0\x0DIHDR"s));
    EXPECT_TRUE(looks_truncated(InputFormat::avif, ftyp("avif", "mif1") + "\0\0\1\0meta"s));
    EXPECT_FALSE(looks_truncated(InputFormat::avif, ftyp("avif", "mif1")));
}

}  // namespace
}  // namespace barid::media
