// The real HttpClient: libcurl's multi interface, driven by the io thread.
//
// HTTPS requests speak HTTP/2 where the server does and share its connections; plain HTTP is 1.1.
// No proxies, no cookies, no content decoding, redirects hop by hop. Names are resolved on
// libcurl's own short-lived threads; all else happens on the io thread. Not thread-safe; destroy
// it on the io thread, before the io_context.
#pragma once

#include <chrono>
#include <memory>
#include <string>

#include "base/http_client.hpp"

namespace barid::http {

class Multi;

struct ClientOptions {
    /// PEM file with the certificate authorities to trust; empty: the system's.
    std::string ca_file = {};
    std::string user_agent = "barid";
    /// Further requests to a host wait (inside their `total_timeout`). An HTTP/2 connection
    /// carries up to 100 requests at once, so admit at most 100 × this many.
    int max_host_connections = 8;
    int max_connections = 256;
    /// Servers drop HTTP/2 connections after about 4 minutes without use and an hour of age.
    std::chrono::seconds max_idle{120};
    std::chrono::seconds max_lifetime{3000};
};

class CurlHttpClient final : public HttpClient {
  public:
    /// Throws a permanent barid::Error when `ca_file` can't be read.
    explicit CurlHttpClient(asio::io_context& io, ClientOptions options = {});
    ~CurlHttpClient() override;
    CurlHttpClient(const CurlHttpClient&) = delete;
    CurlHttpClient& operator=(const CurlHttpClient&) = delete;

    /// Redirects are followed for GET and HEAD only, so no body is ever sent twice; another
    /// method gets the 3xx answer itself. A redirect to another origin carries none of the
    /// request's headers but the harmless ones (Accept…, Range, If-…).
    awaitable<Response> send(Request request) override;

  private:
    ClientOptions options_;
    std::shared_ptr<Multi> multi_;  ///< shared with the requests that are still under way
};

}  // namespace barid::http
