#include "notify/bounce_report.hpp"

#include <algorithm>
#include <array>
#include <optional>
#include <utility>

#include "base/text.hpp"

namespace barid::notify {
namespace {

constexpr int kMaxDepth = 4;
constexpr std::size_t kMaxParts = 50;
constexpr std::size_t kMaxDetailBytes = 400;

std::string lower(std::string_view text) {
    std::string out(text);
    std::ranges::transform(out, out.begin(), [](char c) {
        return c >= 'A' && c <= 'Z' ? static_cast<char>(c - 'A' + 'a') : c;
    });
    return out;
}

std::string_view trim(std::string_view text) {
    const std::size_t begin = text.find_first_not_of(" \t\r\n");
    if (begin == std::string_view::npos) return {};
    return text.substr(begin, text.find_last_not_of(" \t\r\n") - begin + 1);
}

/// Takes the first line off `text`, without its end.
std::string_view take_line(std::string_view& text) {
    const std::size_t end = text.find('\n');
    std::string_view line = text.substr(0, end);
    text.remove_prefix(end == std::string_view::npos ? text.size() : end + 1);
    if (line.ends_with('\r')) line.remove_suffix(1);
    return line;
}

/// Fields with their names in lower case and folded lines joined.
class Fields {
  public:
    /// Takes the fields and the blank line after them off `text`.
    explicit Fields(std::string_view& text) {
        while (!text.empty()) {
            const std::string_view line = take_line(text);
            if (line.empty()) return;
            if ((line.front() == ' ' || line.front() == '\t') && !all_.empty()) {
                all_.back().second += " " + std::string(trim(line));
                continue;
            }
            const std::size_t colon = line.find(':');
            if (colon == std::string_view::npos) continue;
            all_.emplace_back(lower(trim(line.substr(0, colon))), trim(line.substr(colon + 1)));
        }
    }
    [[nodiscard]] std::string_view get(std::string_view name) const {
        const auto found =
            std::ranges::find(all_, name, &std::pair<std::string, std::string>::first);
        return found == all_.end() ? std::string_view() : found->second;
    }
    [[nodiscard]] bool empty() const { return all_.empty(); }

  private:
    std::vector<std::pair<std::string, std::string>> all_;
};

/// The `boundary` of a Content-Type.
std::string boundary_of(std::string_view content_type) {
    const std::size_t at = lower(content_type).find("boundary=");
    if (at == std::string::npos) return {};
    std::string_view value = content_type.substr(at + 9);
    if (value.starts_with('"')) {
        value.remove_prefix(1);
        return std::string(value.substr(0, value.find('"')));
    }
    return std::string(trim(value.substr(0, value.find(';'))));
}

std::vector<std::string_view> parts_of(std::string_view body, const std::string& boundary) {
    std::vector<std::string_view> parts;
    const std::string mark = "--" + boundary;
    std::optional<const char*> begin;
    while (!body.empty() && parts.size() < kMaxParts) {
        const char* const at = body.data();
        const std::string_view line = trim(take_line(body));
        const bool last = line == mark + "--";
        if (line != mark && !last) continue;
        if (begin) parts.emplace_back(*begin, static_cast<std::size_t>(at - *begin));
        if (last) return parts;
        begin = body.data();
    }
    // The end mark is missing: what there is, is the last part.
    if (begin && parts.size() < kMaxParts) {
        parts.emplace_back(*begin, static_cast<std::size_t>(body.data() + body.size() - *begin));
    }
    return parts;
}

/// "rfc822; <layla@example.com>" → layla@example.com
std::string address_in(std::string_view field) {
    const std::size_t semicolon = field.find(';');
    if (semicolon != std::string_view::npos) field.remove_prefix(semicolon + 1);
    field = trim(field);
    if (field.starts_with('<') && field.ends_with('>')) field = field.substr(1, field.size() - 2);
    return field.contains('@') ? std::string(field) : std::string();
}

bool is_hard(std::string_view status) {
    static constexpr std::array<std::string_view, 6> kNobody{"5.1.1", "5.1.2",  "5.1.3",
                                                             "5.1.6", "5.1.10", "5.2.1"};
    return std::ranges::find(kNobody, status.substr(0, status.find(' '))) != kNobody.end();
}

class Reader {
  public:
    void read(std::string_view text, int depth) {
        const Fields header(text);
        const std::string_view content_type = header.get("content-type");
        const std::string type = lower(trim(content_type.substr(0, content_type.find(';'))));
        if (type.starts_with("multipart/")) {
            const std::string boundary = boundary_of(content_type);
            if (boundary.empty() || depth >= kMaxDepth) return;
            for (const std::string_view part : parts_of(text, boundary)) read(part, depth + 1);
        } else if (type == "message/delivery-status") {
            read_status(text);
        } else if (type == "message/feedback-report") {
            read_feedback(text);
        } else if ((type == "message/rfc822" || type == "text/rfc822-headers") && id_.empty()) {
            id_ = Fields(text).get("message-id");
        }
    }
    std::vector<BounceReport> take() {
        if (id_.empty()) return {};
        for (BounceReport& report : found_) report.message_id = id_;
        return std::move(found_);
    }

  private:
    void read_status(std::string_view text) {
        const Fields about_the_message(text);
        while (!text.empty() && found_.size() < kMaxParts) {
            const Fields recipient(text);
            if (lower(recipient.get("action")) != "failed") continue;
            std::string address = address_in(recipient.get("original-recipient"));
            if (address.empty()) address = address_in(recipient.get("final-recipient"));
            if (address.empty()) continue;
            const std::string_view status = recipient.get("status");
            const std::string detail =
                std::string(status) + " " + std::string(recipient.get("diagnostic-code"));
            found_.push_back({.kind = is_hard(status) ? "hard" : "soft",
                              .address = std::move(address),
                              .detail = truncate_utf8(scrub_utf8(trim(detail)), kMaxDetailBytes)});
        }
    }
    void read_feedback(std::string_view text) {
        const Fields report(text);
        const std::string type = lower(report.get("feedback-type"));
        if (type.empty() || type == "not-spam") return;
        found_.push_back({.kind = "complaint",
                          .address = address_in(report.get("original-rcpt-to")),
                          .detail = truncate_utf8(scrub_utf8(type), kMaxDetailBytes)});
    }

    std::string id_;
    std::vector<BounceReport> found_;
};

}  // namespace

std::vector<BounceReport> read_bounce(std::string_view message) {
    Reader reader;
    reader.read(message, 0);
    return reader.take();
}

}  // namespace barid::notify
