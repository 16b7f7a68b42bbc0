#include "admin/http/chunks.hpp"

#include <gtest/gtest.h>

namespace barid::web {
namespace {

using State = ChunkReader::State;

struct Read {
    State state = State::more;
    int status = 0;
    std::string body;
    std::string rest;
};

/// Fed in two pieces, cut at `at`.
Read read_cut(const std::string& bytes, std::size_t at, std::size_t max_bytes = 1000) {
    ChunkReader reader(max_bytes);
    Read result;
    std::string_view first = std::string_view(bytes).substr(0, at);
    result.state = reader.feed(first, result.body);
    std::string all = std::string(first) + bytes.substr(at);
    std::string_view second = all;
    if (result.state == State::more) result.state = reader.feed(second, result.body);
    result.rest = second;
    result.status = reader.refusal().status;
    return result;
}

TEST(HttpChunks, GiveTheBodyWhereverTheBytesAreCut) {
    const std::string whole =
        std::string("3\r\nabc\r\nA\r\n0123\r\n6789\r\n1\r\n") + '\0' + "\r\n0\r\n\r\nGET /next";
    for (std::size_t at = 0; at <= whole.size(); ++at) {
        const auto read = read_cut(whole, at);
        EXPECT_EQ(read.state, State::complete) << at;
        EXPECT_EQ(read.body, std::string("abc0123\r\n6789") + '\0') << at;
        EXPECT_EQ(read.rest, "GET /next") << at;
    }
}

TEST(HttpChunks, AreRefusedWhenAnotherParserCouldReadThemDifferently) {
    for (const std::string bytes : {
             "3;a=b\r\nabc\r\n0\r\n\r\n",
             "3 \r\nabc\r\n0\r\n\r\n",
             " 3\r\nabc\r\n0\r\n\r\n",
             "3\nabc\r\n0\r\n\r\n",
             "3\r\nabc\n0\r\n\r\n",
             "3\r\nabcd\r\n0\r\n\r\n",
             "3\r\nabc\r\r\n0\r\n\r\n",
             "\r\n0\r\n\r\n",
             "+3\r\nabc\r\n0\r\n\r\n",
             "0x3\r\nabc\r\n0\r\n\r\n",
             "g\r\n",
             "000000003\r\nabc\r\n0\r\n\r\n",
             "ffffffffffffffff\r\n",
             "0\r\nX-Role: owner\r\n\r\n",
             "0\r\nAuthorization: Bearer x\r\n\r\n",
             "0\r\n\n",
             "0\r\n\rX",
         }) {
        for (std::size_t at = 0; at <= bytes.size(); ++at) {
            const auto read = read_cut(bytes, at);
            EXPECT_EQ(read.state, State::refused) << bytes << " cut at " << at;
            EXPECT_EQ(read.status, 400) << bytes;
        }
    }
}

TEST(HttpChunks, AreRefusedAtTheSizeThatIsTooMuch) {
    const auto fits = read_cut("5\r\nabcde\r\n5\r\nfghij\r\n0\r\n\r\n", 7, 10);
    EXPECT_EQ(fits.state, State::complete);
    EXPECT_EQ(fits.body, "abcdefghij");
    const auto more = read_cut("5\r\nabcde\r\n6\r\n", 7, 10);
    EXPECT_EQ(more.state, State::refused);
    EXPECT_EQ(more.status, 413);
    EXPECT_EQ(read_cut("ffffffff\r\n", 4, 10).status, 413);
    EXPECT_EQ(read_cut("1\r\n", 0, 0).status, 413);
    EXPECT_EQ(read_cut("0\r\n\r\n", 0, 0).state, State::complete);
}

TEST(HttpChunks, AreIncompleteUntilTheVeryEnd) {
    const std::string bytes = "3\r\nabc\r\n0\r\n\r\n";
    for (std::size_t size = 0; size < bytes.size(); ++size) {
        EXPECT_EQ(read_cut(bytes.substr(0, size), 0).state, State::more) << size;
    }
}

}  // namespace
}  // namespace barid::web
