// Where the killed worker stores its pictures, as the test sees it: how the worker is told, what is
// there, and whether it is whole. Use it from the test's thread.
#pragma once

#include <map>
#include <memory>
#include <string>
#include <vector>

#include "base/clock.hpp"
#include "base/http_curl.hpp"
#include "media/store.hpp"
#include "tests/support/database.hpp"

namespace barid::fault {

/// An S3 server; empty: the pictures go to a directory.
struct Gateway {
    std::string endpoint;
    std::string access_key;
    std::string secret_key;
};
Gateway& gateway();

class MediaStorage {
  public:
    /// Files under `directory`, or in a new bucket of the gateway.
    MediaStorage(support::IoFixture& io, std::string directory);

    /// The worker's settings.
    [[nodiscard]] std::map<std::string, std::string> environment() const;
    /// Every object there is, temporary files apart.
    std::vector<std::string> keys();
    /// Of the object's bytes as they are stored; "" when it isn't there.
    std::string sha256_of(const std::string& key);
    media::ObjectStore& store() { return *store_; }

  private:
    http::Response send_signed(const std::string& method, const std::string& path,
                               const std::vector<std::pair<std::string, std::string>>& query);

    support::IoFixture& io_;
    std::string directory_;
    std::string bucket_;
    SystemClock clock_;
    http::CurlHttpClient http_;
    std::unique_ptr<media::ObjectStore> store_;
};

}  // namespace barid::fault
