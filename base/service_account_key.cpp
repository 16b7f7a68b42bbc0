#include "base/service_account_key.hpp"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <cerrno>
#include <cstring>
#include <fstream>
#include <vector>

#include "base/crypto.hpp"
#include "base/error.hpp"
#include "base/json.hpp"

namespace barid::oauth {
namespace {

constexpr std::size_t kMaxFileBytes = 64UL * 1024;

[[noreturn]] void fail(const std::string& source, const std::string& problem) {
    throw Error(Error::Retry::permanent, fmt::format("service account {}: {}", source, problem));
}

/// Project ids are put into a URL's path: nothing but what Google allows in one.
bool is_project_id(std::string_view id) {
    return !id.empty() && id.size() <= 64 &&
           id.find_first_not_of("abcdefghijklmnopqrstuvwxyz0123456789-:.") ==
               std::string_view::npos;
}

bool can_sign(const std::string& pem) {
    try {
        (void)rs256_sign(pem, "barid");
        return true;
    } catch (const Error&) {
        return false;
    }
}

class Fields {
  public:
    explicit Fields(const json::object& object) : object_(object) {}

    std::string text(std::string_view name) {
        const json::value* value = object_.if_contains(name);
        const json::string* text = value != nullptr ? value->if_string() : nullptr;
        if (text == nullptr || text->empty() || text->find('\0') != json::string::npos) {
            problem(fmt::format("\"{}\" is missing or not a string", name));
            return {};
        }
        return std::string(*text);
    }
    void problem(std::string text) { problems_.push_back(std::move(text)); }
    [[nodiscard]] bool has(std::string_view name) const { return object_.contains(name); }
    [[nodiscard]] const std::vector<std::string>& problems() const { return problems_; }

  private:
    const json::object& object_;
    std::vector<std::string> problems_;
};

}  // namespace

ServiceAccountKey ServiceAccountKey::parse(std::string_view json_text, const std::string& source) {
    json::value root;
    try {
        root = parse_json(json_text);
    } catch (const Error& error) {
        fail(source, error.what());
    }
    if (!root.is_object()) fail(source, "must be a JSON object (a service account's key file)");
    Fields in(root.get_object());
    if (const std::string type = in.text("type"); !type.empty() && type != "service_account") {
        in.problem("\"type\" is not \"service_account\": download a service account's key");
    }
    ServiceAccountKey out;
    out.project_id = in.text("project_id");
    if (!out.project_id.empty() && !is_project_id(out.project_id)) {
        in.problem("\"project_id\" is not a Google project id");
    }
    out.client_email = in.text("client_email");
    out.private_key_id = in.text("private_key_id");
    out.private_key = Secret(in.text("private_key"));
    if (!out.private_key.empty() && !can_sign(out.private_key.reveal())) {
        in.problem("\"private_key\" is not an RSA private key in PEM form");
    }
    if (in.has("token_uri")) out.token_uri = in.text("token_uri");
    if (!out.token_uri.empty() && !out.token_uri.starts_with("https://")) {
        in.problem("\"token_uri\" must be an https URL");
    }
    if (!in.problems().empty()) fail(source, fmt::format("{}", fmt::join(in.problems(), "; ")));
    return out;
}

ServiceAccountKey ServiceAccountKey::from_file(const std::string& path) {
    std::ifstream file(path, std::ios::binary);
    if (!file) {
        fail(path, fmt::format("can't be opened: {}", std::generic_category().message(errno)));
    }
    std::string text(kMaxFileBytes + 1, '\0');
    file.read(text.data(), static_cast<std::streamsize>(text.size()));
    text.resize(static_cast<std::size_t>(file.gcount()));
    if (file.bad()) fail(path, "can't be read");
    if (text.size() > kMaxFileBytes) fail(path, "is larger than 64 KiB: not a key file");
    return parse(text, path);
}

}  // namespace barid::oauth
