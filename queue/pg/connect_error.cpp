#include "queue/pg/connect_error.hpp"

#include <algorithm>

namespace barid::pg {
namespace {

constexpr std::string_view kSeverityEnd = ":  ";
constexpr std::size_t kStateSize = 5;

bool is_sqlstate(std::string_view text) {
    return text.size() == kStateSize && std::ranges::all_of(text, [](char c) {
               return (c >= '0' && c <= '9') || (c >= 'A' && c <= 'Z');
           });
}

}  // namespace

Error connect_error(std::string message) {
    for (auto at = message.find(kSeverityEnd); at != std::string::npos;
         at = message.find(kSeverityEnd, at + 1)) {
        const std::size_t begin = at + kSeverityEnd.size();
        const std::string state = message.substr(begin, kStateSize);
        if (!is_sqlstate(state) || message.compare(begin + kStateSize, 2, ": ") != 0) continue;
        message.erase(at + 2, kStateSize + 2);
        return {state, message};
    }
    // These libpq says itself, before the server can. The program sets no locale: it is English.
    const bool no_password = message.find("no password supplied") != std::string::npos;
    return {no_password ? "28P01" : "", message};
}

void ConnectVerdict::add(std::string_view host, std::string_view sqlstate) {
    one_host_ = one_host_ && (first_ || host == host_);
    first_ = false;
    host_ = host;
    if (sqlstate.empty()) {
        silent_ = true;
    } else if (state_.empty()) {
        state_ = sqlstate;
    } else if (state_ != sqlstate) {
        agreed_ = false;
    }
}

std::string ConnectVerdict::sqlstate() const {
    return agreed_ && (one_host_ || !silent_) ? state_ : "";
}

}  // namespace barid::pg
