// Drives a libcurl multi handle from Asio: libcurl says which sockets and which timeout to watch.
//
// Sockets belong to libcurl and are only watched: a watch lets go of its descriptor before
// libcurl closes it. Internal to base's HTTP client. Use it on the io thread; always held by
// shared_ptr, because waits that are still queued may outlive the client.
#pragma once

#include <curl/curl.h>

#include <memory>
#include <optional>
#include <unordered_map>

#include "base/asio.hpp"
#include "base/http_curl.hpp"

namespace barid::http {

class Multi : public std::enable_shared_from_this<Multi> {
  public:
    Multi(asio::io_context& io, const ClientOptions& options);
    ~Multi();
    Multi(const Multi&) = delete;
    Multi& operator=(const Multi&) = delete;

    /// Runs a prepared transfer to its end; nothing when the waiting coroutine was cancelled, in
    /// which case the transfer has been aborted. `easy` must outlive the call.
    awaitable<std::optional<CURLcode>> perform(CURL* easy);

  private:
    struct Watch;
    class Running;

    static int on_socket(CURL* easy, curl_socket_t fd, int what, void* self, void* watch);
    static int on_timer(CURLM* multi, long timeout_ms, void* self);

    void watch(curl_socket_t fd, int what);
    void arm(const std::shared_ptr<Watch>& watch);
    void wait(const std::shared_ptr<Watch>& watch, int event);
    void act(curl_socket_t fd, int events);

    struct FreeMulti {
        void operator()(CURLM* p) const { curl_multi_cleanup(p); }
    };

    asio::io_context& io_;
    asio::steady_timer timer_;
    std::unordered_map<curl_socket_t, std::shared_ptr<Watch>> watches_;
    std::unique_ptr<CURLM, FreeMulti> multi_;
};

}  // namespace barid::http
