#include "media/stores/bunny_store.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <set>

#include "base/crypto.hpp"
#include "base/json.hpp"
#include "base/text.hpp"
#include "media/stores/signed_url.hpp"
#include "media/stores/sigv4.hpp"

namespace barid::media {
namespace {

constexpr std::size_t kMaxAnswerBytes = 64U << 10U;

[[noreturn]] void misconfigured(const std::string& message) {
    throw Error(Error::Retry::permanent, "store_misconfigured", message);
}

std::string changed_case(std::string text, char from, char to) {
    for (char& c : text) {
        if (c >= from && c <= from + 25) c = static_cast<char>(c - from + to);
    }
    return text;
}

BunnyOptions checked(BunnyOptions options) {
    const auto fits = [](char c) {
        return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') ||
               c == '-' || c == '_';
    };
    if (options.zone.empty() || options.zone.size() > 64 ||
        !std::ranges::all_of(options.zone, fits)) {
        misconfigured("the Bunny storage zone's name must be 1 to 64 letters, digits, '-' or '_'");
    }
    const auto& key = options.access_key.reveal();
    if (key.empty() || !std::ranges::all_of(key, [](char c) { return c > ' ' && c <= '~'; })) {
        misconfigured(
            "the Bunny access key (the storage zone's password) is missing or "
            "unreadable");
    }
    if (!options.prefix.empty()) {
        const auto problem = key_problem(options.prefix);
        if (problem) misconfigured("the Bunny prefix can't be used: " + *problem);
    }
    if (options.endpoint.empty()) options.endpoint = bunny_endpoint(options.region);
    options.public_url = parse_public_url(options.public_url, "the Bunny store's public_url");
    return options;
}

/// The record that DESCRIBE answers with; nothing when it can't be read as one.
std::optional<StoredObject> parse_record(std::string_view body) {
    try {
        const auto value = parse_json(body);
        const auto* object = value.if_object();
        if (object == nullptr) return {};
        const auto* length = object->if_contains("Length");
        const auto* directory = object->if_contains("IsDirectory");
        if (length == nullptr || !length->is_int64() || length->get_int64() < 0) return {};
        if (directory != nullptr && directory->is_bool() && directory->get_bool()) return {};
        StoredObject result;
        result.bytes = static_cast<std::uint64_t>(length->get_int64());
        if (const auto* checksum = find_string(value, "/Checksum")) {
            result.sha256 = changed_case({checksum->begin(), checksum->end()}, 'A', 'a');
        }
        return result;
    } catch (const barid::Error&) {
        return {};
    }
}

bool mentions_checksum(std::string_view body) {
    return changed_case(std::string(body), 'A', 'a').find("checksum") != std::string::npos;
}

}  // namespace

std::string bunny_endpoint(std::string_view region) {
    constexpr std::array<std::string_view, 8> kRegions = {"uk", "ny", "la", "sg",
                                                          "se", "br", "jh", "syd"};
    if (region.empty() || region == "de") return "https://storage.bunnycdn.com";
    if (std::ranges::find(kRegions, region) == kRegions.end()) {
        misconfigured("the Bunny region " + json_quote(truncate_utf8(region, 16)) +
                      " doesn't exist; use de, uk, ny, la, sg, se, br, jh or syd");
    }
    return fmt::format("https://{}.storage.bunnycdn.com", region);
}

BunnyStore::BunnyStore(http::HttpClient& client, const Clock& clock, BunnyOptions options)
    : options_(checked(std::move(options))),
      endpoint_(Endpoint::parse(options_.endpoint, "the Bunny endpoint", true)),
      api_(Endpoint::parse(options_.api_url, "the Bunny API's address", true)),
      http_(client, clock, options_.retry, "Bunny zone " + options_.zone) {}

void BunnyStore::check_name(std::string_view key) {
    check_key(key);
    const auto name = key.substr(key.rfind('/') + 1);
    const auto dot = name.rfind('.');
    if (dot == std::string_view::npos || dot + 1 == name.size()) {
        throw Error(
            Error::Retry::permanent, "bad_key",
            fmt::format("object key {} has no extension: Bunny takes it for a directory", key));
    }
}

std::string BunnyStore::url(std::string_view key) const {
    std::string result = options_.public_url + "/";
    if (!options_.prefix.empty()) result += options_.prefix + "/";
    return result.append(key);
}

http::Request BunnyStore::request(std::string_view method, std::string_view key) const {
    http::Request result;
    result.method = method;
    result.url = fmt::format("{}://{}/{}/", endpoint_.scheme, endpoint_.host, options_.zone);
    if (!options_.prefix.empty()) result.url += options_.prefix + "/";
    result.url.append(key);
    result.headers.push_back({"AccessKey", options_.access_key.reveal()});
    result.headers.push_back({"Accept", "*/*"});
    result.max_response_bytes = kMaxAnswerBytes;
    return result;
}

Error BunnyStore::refusal(const http::Response& response, std::string_view action) const {
    auto message = fmt::format("{}: {}: HTTP {} {}", http_.what(), action, response.status,
                               clean_message(response.body));
    if (response.status == 401 || response.status == 403) {
        message += "; the access key is wrong, or the zone lives in another region than " +
                   options_.region;
        return {Error::Retry::permanent, "store_denied", message};
    }
    return {Error::Retry::permanent, "store_rejected", message};
}

awaitable<bool> BunnyStore::put_once(const std::string& key, const std::string& bytes,
                                     const std::string& content_type, const std::string& sha256) {
    const auto action = "storing " + key;
    const auto response = co_await http_.send(
        [&] {
            auto put = request("PUT", key);
            put.headers.push_back({"Checksum", changed_case(sha256, 'a', 'A')});
            put.headers.push_back({"Content-Type", content_type});
            if (const auto tag = tag_of(key); !tag.empty()) {
                put.headers.push_back({"CDN-Tag", tag});
            }
            put.body = bytes;
            return put;
        },
        action);
    if (response.status == 200 || response.status == 201) co_return true;
    if (response.status == 400 && mentions_checksum(response.body)) co_return false;
    throw refusal(response, action);
}

awaitable<StoredObject> BunnyStore::put(std::string key, std::string bytes,
                                        std::string content_type) {
    check_name(key);
    check_content_type(content_type);
    StoredObject result{
        .key = key, .url = url(key), .sha256 = sha256_hex(bytes), .bytes = bytes.size()};
    const auto alike = [&](const std::optional<StoredObject>& remote) {
        return remote && remote->bytes == result.bytes && remote->sha256 == result.sha256;
    };
    if (alike(co_await head(key))) {
        result.existed = true;
        co_return result;
    }
    // Once more when the server, or its copy afterwards, has another hash than ours.
    for (int sent = 0; sent < 2; ++sent) {
        const bool accepted = co_await put_once(key, bytes, content_type, result.sha256);
        if (accepted && alike(co_await head(key))) co_return result;
    }
    throw Error(Error::Retry::transient, "checksum_mismatch",
                fmt::format("{}: {} isn't stored as it was sent, twice; if its region is wrong, "
                            "uploads seem to succeed and land nowhere",
                            http_.what(), key));
}

awaitable<std::optional<StoredObject>> BunnyStore::head(std::string key) {
    check_name(key);
    const auto action = "describing " + key;
    const auto response = co_await http_.send([&] { return request("DESCRIBE", key); }, action);
    if (response.status == 404) co_return std::nullopt;
    if (response.status != 200) throw refusal(response, action);
    auto record = parse_record(response.body);
    if (!record) {
        throw Error(
            Error::Retry::transient, "store_unreachable",
            fmt::format("{}: {}: the answer isn't an object's record", http_.what(), action));
    }
    record->key = key;
    record->url = url(key);
    record->existed = true;
    co_return record;
}

awaitable<std::string> BunnyStore::get(std::string key, std::size_t max_bytes) {
    check_name(key);
    const auto action = "fetching " + key;
    auto response = co_await http_.send(
        [&] {
            auto get = request("GET", key);
            get.max_response_bytes = std::max(max_bytes, kMaxAnswerBytes);
            return get;
        },
        action);
    if (response.status == 404) {
        throw Error(Error::Retry::permanent, "not_found",
                    fmt::format("{}: {} isn't there", http_.what(), key));
    }
    if (response.status != 200) throw refusal(response, action);
    if (response.body.size() > max_bytes) {
        throw Error(Error::Retry::permanent, "too_large",
                    fmt::format("{}: {} is larger than {} bytes", http_.what(), key, max_bytes));
    }
    co_return std::move(response.body);
}

std::string BunnyStore::signed_url(std::string_view key, std::chrono::sys_seconds expires) const {
    const std::string address = url(key);
    if (options_.token_key.empty()) return address;
    const std::size_t host = address.find("://");
    const std::size_t slash = address.find('/', host == std::string::npos ? 0 : host + 3);
    return address + "?" +
           sign_bunny(options_.token_key, std::string_view(address).substr(slash), expires);
}

std::string BunnyStore::tag_of(std::string_view key) {
    const std::size_t slash = key.rfind('/');
    if (slash == std::string_view::npos) return {};
    std::string tag(key.substr(0, slash));
    std::ranges::replace(tag, '/', '-');
    return tag;
}

awaitable<void> BunnyStore::call_api(std::string method, std::string path, std::string body) {
    const auto action = "purging";
    const auto response = co_await http_.send(
        [&] {
            http::Request request;
            request.method = method;
            request.url = fmt::format("{}://{}{}", api_.scheme, api_.host, path);
            request.headers = {{"AccessKey", options_.api_key.reveal()},
                               {"Accept", "application/json"},
                               {"Content-Type", "application/json"}};
            request.body = body;
            request.max_response_bytes = kMaxAnswerBytes;
            return request;
        },
        action);
    if (response.status >= 200 && response.status < 300) co_return;
    auto message = fmt::format("{}: {}: HTTP {} {}", http_.what(), action, response.status,
                               clean_message(response.body));
    const bool denied = response.status == 401 || response.status == 403;
    if (denied) message += "; check the account's API key (it isn't the zone's password)";
    if (response.status == 404) {
        message += "; the pull zone's number isn't the storage zone's";
    }
    throw Error(Error::Retry::permanent, denied ? "store_denied" : "store_rejected", message);
}

awaitable<void> BunnyStore::purge(std::vector<std::string> keys) {
    if (options_.api_key.empty()) co_return;
    std::set<std::string> tags;
    for (const std::string& key : keys) {
        check_name(key);
        if (std::string tag = tag_of(key); !tag.empty()) tags.insert(std::move(tag));
        // A trailing slash would be a wildcard; a key has none.
        co_await call_api("POST", "/purge?url=" + sigv4::uri_encode(url(key)) + "&async=false", {});
    }
    if (options_.pull_zone <= 0) co_return;
    for (const std::string& tag : tags) {
        co_await call_api("POST", fmt::format("/pullzone/{}/purgeCache", options_.pull_zone),
                          json::serialize(json::object{{"CacheTag", tag}}));
    }
}

awaitable<void> BunnyStore::remove(std::string key) {
    check_name(key);
    const auto action = "removing " + key;
    const auto response = co_await http_.send([&] { return request("DELETE", key); }, action);
    if (response.status == 200 || response.status == 204 || response.status == 404) co_return;
    throw refusal(response, action);
}

}  // namespace barid::media
