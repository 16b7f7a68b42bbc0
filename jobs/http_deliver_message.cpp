#include "jobs/http_deliver_message.hpp"

#include <fmt/format.h>

#include <algorithm>

#include "base/text.hpp"
#include "base/webhook_signature.hpp"

namespace barid::jobs {
namespace {

bool is_type(std::string_view text) {
    return std::ranges::all_of(text, [](char c) {
        return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') ||
               c == '.' || c == '_' || c == '-';
    });
}

/// Walks over JSON that has been parsed before: it looks for ends, not for mistakes.
class Walker {
  public:
    explicit Walker(std::string_view text) : text_(text) {}

    void blanks() { at_ = std::min(text_.find_first_not_of(" \t\r\n", at_), text_.size()); }
    bool take(char c) {
        blanks();
        if (at_ >= text_.size() || text_[at_] != c) return false;
        ++at_;
        return true;
    }
    std::string_view value() {
        blanks();
        const std::size_t begin = at_;
        std::size_t depth = 0;
        while (at_ < text_.size()) {
            const char c = text_[at_];
            if (depth == 0 && (c == ',' || c == '}' || c == ']' || c == ':')) break;
            if (c == '"') {
                string();
            } else {
                if (c == '{' || c == '[') ++depth;
                if (c == '}' || c == ']') --depth;
                ++at_;
            }
        }
        std::size_t end = at_;
        while (end > begin && std::string_view(" \t\r\n").contains(text_[end - 1])) --end;
        return text_.substr(begin, end - begin);
    }

  private:
    void string() {
        for (++at_; at_ < text_.size() && text_[at_] != '"'; ++at_) {
            if (text_[at_] == '\\') ++at_;
        }
        at_ = std::min(at_ + 1, text_.size());
    }

    std::string_view text_;
    std::size_t at_ = 0;
};

}  // namespace

DeliverPayload parse_deliver_payload(JsonReader& in) {
    DeliverPayload out;
    out.endpoint = in.text("endpoint", {.max_bytes = 63});
    out.type = in.text("type", {.max_bytes = 128});
    if (!is_type(out.type)) {
        in.violate("/type", "must be letters, digits and . _ -, such as \"order.paid\"");
    }
    in.optional_object("data");
    if (const json::object* object = in.optional_object("schedule")) {
        const json::value* name = object->if_contains("name");
        if (name != nullptr && name->is_string()) out.schedule = name->as_string();
    }
    if (const json::object* object = in.optional_object("redelivers")) {
        const json::value value(*object);
        JsonReader original(value);
        const auto job = original.integer("job", {.min = 1});
        const auto created = original.integer("created_us", {.min = 0});
        try {
            original.finish();
            out.redelivers = {.job = job,
                              .created_at = SystemTime(std::chrono::microseconds(created))};
        } catch (const PayloadError& error) {
            for (const Violation& v : error.violations()) {
                in.violate("/redelivers" + v.at, v.problem);
            }
        }
    }
    return out;
}

std::string_view raw_member(std::string_view object, std::string_view key) {
    const std::string wanted = json_quote(key);
    Walker walker(object);
    if (!walker.take('{')) return {};
    do {
        const std::string_view name = walker.value();
        if (!walker.take(':')) return {};
        const std::string_view value = walker.value();
        if (name == wanted) return value;
    } while (walker.take(','));
    return {};
}

std::string deliver_body(const DeliverPayload& payload, const queue::Job& job) {
    std::string_view data = raw_member(job.payload, "data");
    if (data.empty() || data == "null") data = "{}";
    return fmt::format(
        R"({{"type":{},"timestamp":"{}","data":{}}})", json_quote(payload.type),
        webhook_time(payload.redelivers ? payload.redelivers->created_at : job.created_at), data);
}

std::string deliver_id(const DeliverPayload& payload, const queue::Job& job) {
    const DeliverPayload::Original message =
        payload.redelivers.value_or(DeliverPayload::Original{job.id, job.created_at});
    return fmt::format("job_{}_{}", message.job, message.created_at.time_since_epoch().count());
}

}  // namespace barid::jobs
