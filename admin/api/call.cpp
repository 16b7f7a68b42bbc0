#include "admin/api/call.hpp"

#include <fmt/format.h>

#include <algorithm>

#include "base/crypto.hpp"
#include "base/text.hpp"

namespace barid::api {
namespace {

constexpr int kDefaultLimit = 50;
constexpr int kCountCap = 10'000;
constexpr std::size_t kMaxReasonBytes = 500;

}  // namespace

Call::Call(const web::Request& request, const Route& route, const access::Principal& who,
           pg::Pool& pool, const CursorKey& cursors)
    : request_(request), route_(route), who_(who), pool_(pool), cursors_(cursors) {}

bool Call::may(access::Permission permission) const {
    return who_.grants.allows(permission);
}

void Call::require(access::Permission permission) const {
    if (may(permission)) return;
    throw Problem(403, "forbidden",
                  fmt::format("this needs the permission {}", access::name_of(permission)));
}

std::optional<std::vector<std::string>> Call::reach(access::Permission permission) const {
    const auto* reach = who_.grants.reach(permission);
    return reach ? reach->names : std::vector<std::string>();
}

std::string Call::text(std::string_view name) const {
    return optional_text(name).value_or("");
}

std::optional<std::string> Call::optional_text(std::string_view name) const {
    const auto found = parameters_.find(std::string(name));
    if (found == parameters_.end()) return std::nullopt;
    return found->second.front();
}

std::optional<std::int64_t> Call::integer(std::string_view name) const {
    const auto value = optional_text(name);
    if (!value) return std::nullopt;
    return std::stoll(*value);  // checked against the parameter's bounds before
}

bool Call::flag(std::string_view name) const {
    return text(name) == "true";
}

std::optional<std::string> Call::time(std::string_view name) const {
    return optional_text(name);
}

std::vector<std::string> Call::texts(std::string_view name) const {
    const auto found = parameters_.find(std::string(name));
    return found == parameters_.end() ? std::vector<std::string>() : found->second;
}

int Call::limit() const {
    return static_cast<int>(integer("limit").value_or(kDefaultLimit));
}

/// Everything that chooses and orders the items, but not where the page begins.
std::string Call::filters() const {
    std::string text = route_.operation + "\n" + who_.id;
    for (const auto& [name, values] : parameters_) {
        if (name == "cursor" || name == "limit") continue;
        for (const auto& value : values)
            text += fmt::format("\n{}={}:{}", name, value.size(), value);
    }
    return text;
}

std::optional<std::string> Call::position() const {
    const auto cursor = optional_text("cursor");
    if (!cursor) return std::nullopt;
    auto position = open_cursor(cursors_, filters(), *cursor);
    if (!position) {
        throw Problem(400, "bad_cursor",
                      "the cursor is not one of these filters: begin again without it");
    }
    return position;
}

std::string Call::next_cursor(std::string_view position) const {
    return seal_cursor(cursors_, filters(), position);
}

awaitable<pg::Result> Call::sql(std::string_view text, pg::Params params) {
    if (transaction_ != nullptr) return transaction_->execute(text, std::move(params));
    return pool_.execute(text, std::move(params));
}

awaitable<std::string> Call::document(std::string what, std::string text, pg::Params params) {
    const auto result = co_await sql(text, std::move(params));
    if (result.empty() || result[0].is_null(0)) {
        throw Problem(404, "not_found", fmt::format("there is no such {}", what));
    }
    co_return std::string(result[0].text(0));
}

awaitable<web::Response> Call::page(std::string text, pg::Params params) {
    const auto result = co_await sql(text, std::move(params));
    const int shown = std::min(result.size(), limit());
    std::string body = R"({"items":[)";
    for (int i = 0; i < shown; ++i) {
        if (i > 0) body += ',';
        body += result[i].text(0);
    }
    body += R"(],"next":)";
    body += result.size() > shown ? json_quote(next_cursor(result[shown - 1].text(1))) : "null";
    body += '}';
    co_return json_response(std::move(body));
}

awaitable<web::Response> Call::count(std::string text, pg::Params params) {
    const auto result = co_await sql(text, std::move(params));
    const auto n = result.one().get<std::int64_t>(0);
    co_return json_response(fmt::format(R"({{"count":{},"capped":{}}})",
                                        std::min<std::int64_t>(n, kCountCap), n > kCountCap));
}

awaitable<void> Call::audit(AuditEntry entry) {
    const auto or_null = [](const std::string& json) {
        return json.empty() ? std::optional<std::string>() : std::optional(json);
    };
    audited_ = true;
    co_await sql("SELECT barid.audit($1, $2, $3, $4, $5, $6::jsonb, $7::jsonb, $8, $9, $10)",
                 pg::Params(entry.actor.empty() ? who_.id : entry.actor,
                            entry.actor.empty() ? who_.name : entry.actor_name, entry.action,
                            entry.target_kind, entry.target, or_null(entry.before),
                            or_null(entry.after), entry.reason.empty() ? reason() : entry.reason,
                            request_.id, request_.client_address));
}

std::string Call::reason(bool required) const {
    const json::value* given = nullptr;
    if (const auto* body = body_.if_object()) given = body->if_contains("reason");
    if (given != nullptr && given->is_null()) given = nullptr;
    const auto* text = given != nullptr ? given->if_string() : nullptr;
    if (given == nullptr && !required) return "";
    if (text == nullptr || text->size() > kMaxReasonBytes || (required && text->empty())) {
        throw Problem(422, "invalid", "say why, in at most 500 bytes",
                      {{"/reason", "must be a text of 1 to 500 bytes"}});
    }
    return std::string(*text);
}

void Call::require_match(std::string_view current) const {
    if (request_.head.count("If-Match") == 0) return;
    const auto wanted = request_.head.header("If-Match");
    if (wanted == "*" || web::matches_etag(wanted, etag_of(current))) return;
    throw Problem(412, "changed", "it was changed meanwhile: read it again, then change it");
}

void Call::set_parameters(std::map<std::string, std::vector<std::string>> parameters) {
    parameters_ = std::move(parameters);
}

web::Response json_response(std::string body, int status) {
    return {.status = status, .body = std::move(body)};
}

std::string etag_of(std::string_view body) {
    return '"' + sha256_hex(body) + '"';
}

}  // namespace barid::api
