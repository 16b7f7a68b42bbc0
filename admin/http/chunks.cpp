#include "admin/http/chunks.hpp"

#include <fmt/format.h>

#include <algorithm>

namespace barid::web {
namespace {

constexpr int kMaxSizeDigits = 8;

int hex_value(char c) {
    if (c >= '0' && c <= '9') return c - '0';
    if (c >= 'a' && c <= 'f') return c - 'a' + 10;
    if (c >= 'A' && c <= 'F') return c - 'A' + 10;
    return -1;
}

}  // namespace

ChunkReader::State ChunkReader::refuse(std::string reason) {
    refusal_ = {.status = 400, .reason = std::move(reason), .code = "bad_request"};
    return State::refused;
}

ChunkReader::State ChunkReader::feed(std::string_view& input, std::string& body) {
    while (!input.empty()) {
        if (at_ == At::data) {
            const auto taken = std::min<std::uint64_t>(left_, input.size());
            body.append(input.substr(0, taken));
            input.remove_prefix(taken);
            left_ -= taken;
            if (left_ == 0) at_ = At::data_cr;
            continue;
        }
        const char c = input.front();
        input.remove_prefix(1);
        const State state = step(c, body.size());
        if (state != State::more) return state;
    }
    return State::more;
}

ChunkReader::State ChunkReader::step(char c, std::size_t body_bytes) {
    switch (at_) {
        case At::size:
            if (const int value = hex_value(c); value >= 0) {
                if (++digits_ > kMaxSizeDigits) return refuse("a chunk's size is too long");
                left_ = left_ * 16 + static_cast<std::uint64_t>(value);
                return State::more;
            }
            if (c != '\r' || digits_ == 0) {
                return refuse("a chunk's size must be hex digits, without an extension");
            }
            at_ = At::size_lf;
            return State::more;
        case At::size_lf:
            if (c != '\n') return refuse("a chunk's size must end with CR LF");
            digits_ = 0;
            if (left_ > max_bytes_ - std::min(max_bytes_, body_bytes)) {
                refusal_ = {.status = 413,
                            .reason = fmt::format("the body is longer than {} bytes", max_bytes_),
                            .code = "too_large"};
                return State::refused;
            }
            at_ = left_ == 0 ? At::last_cr : At::data;
            return State::more;
        case At::data_cr:
            if (c != '\r') return refuse("a chunk is longer than its size");
            at_ = At::data_lf;
            return State::more;
        case At::data_lf:
            if (c != '\n') return refuse("a chunk must end with CR LF");
            at_ = At::size;
            return State::more;
        case At::last_cr:
            if (c != '\r') return refuse("trailers aren't accepted");
            at_ = At::last_lf;
            return State::more;
        case At::last_lf:
            if (c != '\n') return refuse("the last chunk must end with CR LF");
            return State::complete;
        case At::data:
            break;
    }
    return refuse("a chunk can't be read");
}

}  // namespace barid::web
