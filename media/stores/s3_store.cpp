#include "media/stores/s3_store.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <charconv>

#include "base/crypto.hpp"
#include "media/stores/md5.hpp"

namespace barid::media {
namespace {

constexpr std::string_view kEmptySha256 =
    "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855";
constexpr std::string_view kHashHeader = "x-amz-meta-sha256";
constexpr std::size_t kMaxErrorBytes = 64U << 10U;
constexpr std::size_t kMaxPrefixBytes = 256;

[[noreturn]] void misconfigured(const std::string& message) {
    throw Error(Error::Retry::permanent, "store_misconfigured", message);
}

bool is_hex(std::string_view text, std::size_t size) {
    return text.size() == size && std::ranges::all_of(text, [](char c) {
               return (c >= '0' && c <= '9') || (c >= 'a' && c <= 'f');
           });
}

/// 3 to 63 of [a-z0-9.-], as S3 names buckets: nothing that would need encoding.
bool is_bucket_name(std::string_view name) {
    return name.size() >= 3 && name.size() <= 63 && name.front() != '.' && name.front() != '-' &&
           name.find("..") == std::string_view::npos && std::ranges::all_of(name, [](char c) {
               return (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9') || c == '.' || c == '-';
           });
}

bool is_plain_word(std::string_view text) {
    return !text.empty() && text.size() <= 128 &&
           std::ranges::all_of(text, [](char c) { return c > ' ' && c < '\x7f' && c != '/'; });
}

S3Options checked(S3Options options) {
    if (!is_bucket_name(options.bucket)) {
        misconfigured("the S3 bucket's name must be 3 to 63 of a-z, 0-9, '.' and '-'");
    }
    if (!options.path_style && options.bucket.find('.') != std::string::npos) {
        misconfigured(
            "a bucket with a dot in its name needs path_style: no TLS certificate "
            "covers bucket.name.endpoint");
    }
    if (!is_plain_word(options.region)) misconfigured("the S3 region is missing or unreadable");
    if (!is_plain_word(options.credentials.access_key)) {
        misconfigured("the S3 access key is missing or unreadable");
    }
    if (options.credentials.secret_key.empty()) misconfigured("the S3 secret key is missing");
    if (!options.prefix.empty()) {
        const auto problem = key_problem(options.prefix);
        if (problem) misconfigured("the S3 prefix can't be used: " + *problem);
        if (options.prefix.size() > kMaxPrefixBytes) {
            misconfigured("the S3 prefix is longer than 256 bytes");
        }
    }
    options.public_url = parse_public_url(options.public_url, "the S3 store's public_url");
    return options;
}

/// The text of `<Code>` in S3's XML, cut down to letters and digits.
std::string error_code_of(std::string_view body) {
    const auto start = body.find("<Code>");
    if (start == std::string_view::npos) return {};
    body.remove_prefix(start + 6);
    const auto code = body.substr(0, std::min<std::size_t>(body.find('<'), 64));
    return clean_message(code);
}

bool is_checksum_code(std::string_view code) {
    return code == "XAmzContentSHA256Mismatch" || code == "BadDigest" || code == "InvalidDigest";
}

}  // namespace

struct S3Store::Remote {
    std::uint64_t bytes = 0;
    std::string sha256;
    std::string etag;  ///< without quotes
};

struct S3Store::Upload {
    std::string key;
    std::string bytes;
    std::string content_type;
    std::string sha256;
};

S3Store::S3Store(http::HttpClient& client, const Clock& clock, S3Options options)
    : options_(checked(std::move(options))),
      endpoint_(Endpoint::parse(options_.endpoint, "the S3 endpoint", false)),
      http_(client, clock, options_.retry, "S3 bucket " + options_.bucket) {
    conditional_ = options_.conditional_put;
    if (!options_.path_style) endpoint_.host = options_.bucket + "." + endpoint_.host;
}

std::string S3Store::path_of(std::string_view key) const {
    std::string path = options_.path_style ? "/" + options_.bucket + "/" : "/";
    if (!options_.prefix.empty()) path += options_.prefix + "/";
    return path.append(key);
}

std::string S3Store::url(std::string_view key) const {
    std::string result = options_.public_url + "/";
    if (!options_.prefix.empty()) result += options_.prefix + "/";
    return result.append(key);
}

std::string S3Store::signed_url(std::string_view key, std::chrono::sys_seconds expires) const {
    using std::chrono::seconds;
    const auto now = http_.now();
    const auto lifetime = std::clamp(expires - now, seconds(1), seconds(7 * 24 * 3600));
    const auto path = path_of(key);
    const sigv4::Request request{
        .method = "GET", .path = path, .headers = {{"host", endpoint_.host}}, .payload_sha256 = {}};
    return fmt::format(
        "{}://{}{}?{}", endpoint_.scheme, endpoint_.host, path,
        sigv4::presigned_query(request, {.region = options_.region}, sigv4::amz_date(now), lifetime,
                               options_.credentials));
}

http::Request S3Store::signed_request(
    std::string_view method, std::string_view key, std::string_view payload_sha256,
    std::vector<std::pair<std::string, std::string>> headers) const {
    const auto date = sigv4::amz_date(http_.now());
    headers.emplace_back("x-amz-date", date);
    headers.emplace_back("x-amz-content-sha256", payload_sha256);
    if (!options_.credentials.session_token.empty()) {
        headers.emplace_back("x-amz-security-token", options_.credentials.session_token.reveal());
    }
    http::Request request;
    request.method = method;
    const auto path = path_of(key);
    request.url = endpoint_.scheme + "://" + endpoint_.host + path;
    request.max_response_bytes = kMaxErrorBytes;
    for (const auto& [name, value] : headers) request.headers.push_back({name, value});

    // The HTTP client sends Host by itself, from the address; it is signed like the others.
    headers.emplace_back("host", endpoint_.host);
    const sigv4::Request to_sign{.method = request.method,
                                 .path = path,
                                 .headers = std::move(headers),
                                 .payload_sha256 = std::string(payload_sha256)};
    request.authorization =
        sigv4::authorization(to_sign, {.region = options_.region}, date, options_.credentials);
    return request;
}

Error S3Store::refusal(const http::Response& response, std::string_view action) const {
    const auto code = error_code_of(response.body);
    auto message = fmt::format("{}: {}: HTTP {} {}", http_.what(), action, response.status, code);
    const auto region = response.header("x-amz-bucket-region");
    if (response.status == 301 || response.status == 307 || response.status == 308) {
        message += "; the bucket lives behind another endpoint or region";
        if (region) message += ": " + clean_message(*region);
        return {Error::Retry::permanent, "store_misconfigured", message};
    }
    if (response.status == 401 || response.status == 403) {
        message += code == "RequestTimeTooSkewed"
                       ? "; this machine's clock is wrong"
                       : "; check access key, secret, region and the key's rights to the bucket";
        return {Error::Retry::permanent, "store_denied", message};
    }
    if (response.status == 409) return {Error::Retry::transient, "store_busy", message};
    if (code == "NoSuchBucket") message += "; create the bucket or correct its name";
    return {Error::Retry::permanent, "store_rejected", message};
}

awaitable<S3Store::Put> S3Store::put_once(const Upload& upload, bool conditional) {
    const auto make = [&] {
        std::vector<std::pair<std::string, std::string>> headers = {
            {"content-type", upload.content_type},
            {"cache-control", options_.cache_control},
            {std::string(kHashHeader), upload.sha256},
        };
        if (conditional) headers.emplace_back("if-none-match", "*");
        auto request = signed_request("PUT", upload.key, upload.sha256, std::move(headers));
        request.body = upload.bytes;
        return request;
    };
    const auto action = "storing " + upload.key;
    const auto response = co_await http_.send(make, action);
    if (response.status == 200 || response.status == 201 || response.status == 204) {
        co_return Put::stored;
    }
    if (conditional && response.status == 412) co_return Put::exists;
    if (conditional && response.status == 501) co_return Put::conditions_unknown;
    if (is_checksum_code(error_code_of(response.body))) co_return Put::damaged;
    throw refusal(response, action);
}

awaitable<std::optional<S3Store::Remote>> S3Store::look(const std::string& key) {
    const auto action = "asking for " + key;
    const auto response =
        co_await http_.send([&] { return signed_request("HEAD", key, kEmptySha256, {}); }, action);
    if (response.status == 404) co_return std::nullopt;
    if (response.status != 200) throw refusal(response, action);
    Remote remote;
    const auto length = response.header("content-length").value_or("");
    const auto [end, problem] =
        std::from_chars(length.data(), length.data() + length.size(), remote.bytes);
    if (problem != std::errc() || end != length.data() + length.size()) {
        throw Error(Error::Retry::transient, "store_unreachable",
                    fmt::format("{}: {}: the answer has no length", http_.what(), action));
    }
    const auto sha256 = response.header(kHashHeader).value_or("");
    if (is_hex(sha256, 64)) remote.sha256 = sha256;
    auto etag = response.header("etag").value_or("");
    if (etag.size() >= 2 && etag.front() == '"' && etag.back() == '"') {
        etag = etag.substr(1, etag.size() - 2);
    }
    remote.etag = etag;
    co_return remote;
}

awaitable<bool> S3Store::stored_alike(const Upload& upload) {
    const auto remote = co_await look(upload.key);
    if (!remote || remote->bytes != upload.bytes.size()) co_return false;
    if (!remote->sha256.empty()) co_return remote->sha256 == upload.sha256;
    // Someone else's object; the ETag of an encrypted or multipart one tells nothing.
    if (is_hex(remote->etag, 32)) co_return remote->etag == md5_hex(upload.bytes);
    co_return false;
}

awaitable<StoredObject> S3Store::put(std::string key, std::string bytes, std::string content_type) {
    check_key(key);
    check_content_type(content_type);
    const auto sha256 = sha256_hex(bytes);
    const Upload upload{.key = std::move(key),
                        .bytes = std::move(bytes),
                        .content_type = std::move(content_type),
                        .sha256 = sha256};
    StoredObject result{.key = upload.key,
                        .url = url(upload.key),
                        .sha256 = upload.sha256,
                        .bytes = upload.bytes.size()};
    // The bytes are sent twice at most: the second time over a copy that is damaged, or that
    // vanished between two requests, or after the server saw another hash than ours.
    bool look_first = !conditional_;
    for (int sent = 0; sent < 2;) {
        auto outcome = Put::exists;
        if (!look_first) {
            outcome = co_await put_once(upload, conditional_ && sent == 0);
            ++sent;
        }
        look_first = false;
        if (outcome == Put::damaged) continue;
        if (outcome == Put::conditions_unknown) {
            conditional_ = false;
            sent = 0;
        }
        if (co_await stored_alike(upload)) {
            result.existed = outcome != Put::stored;
            co_return result;
        }
    }
    throw Error(Error::Retry::transient, "checksum_mismatch",
                fmt::format("{}: {} arrived with other bytes than were sent, twice", http_.what(),
                            upload.key));
}

awaitable<std::optional<StoredObject>> S3Store::head(std::string key) {
    check_key(key);
    const auto remote = co_await look(key);
    if (!remote) co_return std::nullopt;
    co_return StoredObject{.key = key,
                           .url = url(key),
                           .sha256 = remote->sha256,
                           .bytes = remote->bytes,
                           .existed = true};
}

awaitable<std::string> S3Store::get(std::string key, std::size_t max_bytes) {
    check_key(key);
    const auto action = "fetching " + key;
    auto response = co_await http_.send(
        [&] {
            auto request = signed_request("GET", key, kEmptySha256, {});
            request.max_response_bytes = std::max(max_bytes, kMaxErrorBytes);
            return request;
        },
        action);
    if (response.status == 404 && error_code_of(response.body) != "NoSuchBucket") {
        throw Error(Error::Retry::permanent, "not_found",
                    fmt::format("{}: {} isn't there", http_.what(), key));
    }
    if (response.status != 200) throw refusal(response, action);
    if (response.body.size() > max_bytes) {
        throw Error(Error::Retry::permanent, "too_large",
                    fmt::format("{}: {} is larger than {} bytes", http_.what(), key, max_bytes));
    }
    const auto sha256 = response.header(kHashHeader).value_or("");
    if (is_hex(sha256, 64) && sha256 != sha256_hex(response.body)) {
        throw Error(
            Error::Retry::transient, "checksum_mismatch",
            fmt::format("{}: {} doesn't have the hash it was stored with", http_.what(), key));
    }
    co_return std::move(response.body);
}

awaitable<void> S3Store::remove(std::string key) {
    check_key(key);
    const auto action = "removing " + key;
    const auto response = co_await http_.send(
        [&] { return signed_request("DELETE", key, kEmptySha256, {}); }, action);
    if (response.status == 200 || response.status == 202 || response.status == 204) co_return;
    if (response.status == 404 && error_code_of(response.body) != "NoSuchBucket") co_return;
    throw refusal(response, action);
}

}  // namespace barid::media
