#include "tests/fault/media/media_storage.hpp"

#include <fmt/format.h>

#include <filesystem>
#include <stdexcept>

#include "base/crypto.hpp"
#include "media/stores/local_store.hpp"
#include "media/stores/s3_store.hpp"

namespace barid::fault {
namespace {

namespace fs = std::filesystem;

}  // namespace

Gateway& gateway() {
    static Gateway one;
    return one;
}

MediaStorage::MediaStorage(support::IoFixture& io, std::string directory)
    : io_(io), directory_(std::move(directory)), http_(io.io) {
    const Gateway& s3 = gateway();
    if (s3.endpoint.empty()) {
        store_ = std::make_unique<media::LocalStore>(io.blocking, directory_, "http://m.test");
        return;
    }
    bucket_ = "kill-" + random_uuid();
    if (send_signed("PUT", "/" + bucket_, {}).status != 200) {
        throw std::runtime_error("can't make the bucket");
    }
    media::S3Options options{.endpoint = s3.endpoint,
                             .region = "us-east-1",
                             .bucket = bucket_,
                             .credentials = {.access_key = s3.access_key,
                                             .secret_key = Secret(s3.secret_key),
                                             .session_token = {}},
                             .public_url = "http://m.test"};
    store_ = std::make_unique<media::S3Store>(http_, clock_, std::move(options));
}

std::map<std::string, std::string> MediaStorage::environment() const {
    const Gateway& s3 = gateway();
    if (s3.endpoint.empty()) {
        return {{"BARID_MEDIA_STORE", "local"}, {"BARID_MEDIA_LOCAL_DIRECTORY", directory_}};
    }
    return {{"BARID_MEDIA_STORE", "s3"},
            {"BARID_MEDIA_S3_ENDPOINT", s3.endpoint},
            {"BARID_MEDIA_S3_REGION", "us-east-1"},
            {"BARID_MEDIA_S3_BUCKET", bucket_},
            {"BARID_MEDIA_S3_ACCESS_KEY", s3.access_key},
            {"BARID_MEDIA_S3_SECRET_KEY", s3.secret_key},
            {"BARID_MEDIA_S3_BASE_URL", "http://m.test"}};
}

std::vector<std::string> MediaStorage::keys() {
    std::vector<std::string> found;
    if (bucket_.empty()) {
        for (const auto& entry : fs::recursive_directory_iterator(directory_)) {
            const std::string key = fs::relative(entry.path(), directory_).string();
            if (entry.is_regular_file() && !key.starts_with(".tmp/")) found.push_back(key);
        }
        return found;
    }
    // Pages of 1,000, in the order of the keys.
    for (std::string after;;) {
        std::vector<std::pair<std::string, std::string>> query = {{"list-type", "2"}};
        if (!after.empty()) query.emplace_back("start-after", after);
        const std::string xml = send_signed("GET", "/" + bucket_, query).body;
        std::size_t more = 0;
        for (std::size_t at = xml.find("<Key>"); at != xml.npos; at = xml.find("<Key>", at)) {
            at += 5;
            found.push_back(xml.substr(at, xml.find('<', at) - at));
            ++more;
        }
        if (more == 0) return found;
        after = found.back();
    }
}

std::string MediaStorage::sha256_of(const std::string& key) {
    try {
        return sha256_hex(io_.run(store_->get(key, std::size_t{64} << 20U)));
    } catch (const media::Error&) {
        return {};
    }
}

http::Response MediaStorage::send_signed(
    const std::string& method, const std::string& path,
    const std::vector<std::pair<std::string, std::string>>& query) {
    namespace sigv4 = media::sigv4;
    const auto now = std::chrono::floor<std::chrono::seconds>(std::chrono::system_clock::now());
    const std::string date = sigv4::amz_date(now);
    const std::string empty = sha256_hex("");
    const sigv4::Request to_sign{.method = method,
                                 .path = path,
                                 .query = query,
                                 .headers = {{"host", gateway().endpoint.substr(7)},
                                             {"x-amz-date", date},
                                             {"x-amz-content-sha256", empty}},
                                 .payload_sha256 = empty};
    http::Request request;
    request.method = method;
    request.url = gateway().endpoint + path;
    char mark = '?';
    for (const auto& [name, value] : query) {
        request.url +=
            fmt::format("{}{}={}", mark, sigv4::uri_encode(name), sigv4::uri_encode(value));
        mark = '&';
    }
    request.headers = {{"x-amz-date", date}, {"x-amz-content-sha256", empty}};
    request.authorization = sigv4::authorization(to_sign, {.region = "us-east-1"}, date,
                                                 {.access_key = gateway().access_key,
                                                  .secret_key = Secret(gateway().secret_key),
                                                  .session_token = {}});
    return io_.run(http_.send(std::move(request)));
}

}  // namespace barid::fault
