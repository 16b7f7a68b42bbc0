// Google's stand-in as a process of the test's own, with a certificate and a service account made
// for it, and a real HTTP client that trusts it.
#pragma once

#include <filesystem>
#include <memory>
#include <string>

#include "base/access_token.hpp"
#include "base/http2_client.hpp"
#include "base/http_curl.hpp"
#include "base/json.hpp"
#include "notify/fcm_client.hpp"
#include "tests/support/child_process.hpp"
#include "tests/support/database.hpp"

namespace barid::support {

class FcmStub {
  public:
    explicit FcmStub(IoFixture& io);
    ~FcmStub();
    FcmStub(const FcmStub&) = delete;

    /// What the stub has seen so far.
    json::object state() { return control("/"); }
    json::object control(const std::string& path);
    /// How many times a message for `target` arrived.
    std::int64_t sends_to(const std::string& target);
    std::int64_t number(const std::string& name);

    /// Holds account.json and cert.pem, for processes that are to use the stub.
    [[nodiscard]] std::string directory() const { return directory_.string(); }
    [[nodiscard]] const std::string& url() const { return url_; }
    [[nodiscard]] const std::string& control_url() const { return control_url_; }
    [[nodiscard]] const oauth::ServiceAccountKey& credentials() const { return credentials_; }

    http::CurlHttpClient& http() { return *http_; }
    http::Http2Client& sends() { return *sends_; }
    oauth::AccessTokenSource& tokens() { return *tokens_; }
    notify::FcmClient& client() { return *client_; }
    notify::FcmChannel& channel() { return *channel_; }

  private:
    IoFixture& io_;
    std::filesystem::path directory_;
    std::unique_ptr<ChildProcess> server_;
    std::string url_;
    std::string control_url_;
    oauth::ServiceAccountKey credentials_;
    SystemClock clock_;
    std::unique_ptr<http::CurlHttpClient> http_;
    std::unique_ptr<http::Http2Client> sends_;
    std::unique_ptr<oauth::AccessTokenSource> tokens_;
    std::unique_ptr<notify::FcmClient> client_;
    std::unique_ptr<notify::FcmChannel> channel_;
};

}  // namespace barid::support
