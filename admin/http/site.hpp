// What one server serves. Arranged before it starts, read by every connection afterwards; io
// thread only. Internal to the server.
#pragma once

#include <functional>
#include <map>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "admin/http/forwarded.hpp"
#include "admin/http/message.hpp"
#include "admin/http/options.hpp"
#include "admin/http/static_files.hpp"
#include "base/asio.hpp"
#include "base/log.hpp"
#include "base/run_on.hpp"
#include "base/secret.hpp"
#include "media/stores/local_directory.hpp"

namespace barid::web {

struct Site {
    asio::io_context& io;
    ThreadPool& blocking;
    ServerOptions options;
    log::Logger log;

    std::function<Readiness()> ready = {};
    std::shared_ptr<const media::LocalDirectory> media = nullptr;
    Secret media_secret = {};  ///< empty: the files are public
    std::map<std::string, std::function<awaitable<Answer>()>, std::less<>> routes = {};
    std::map<std::string, Application, std::less<>> mounts = {};  ///< without the last slash
    std::optional<StaticFiles> assets = {};
    TrustedProxies proxies = {};

    /// The application below whose prefix `path` is, the longest one, or nullptr.
    [[nodiscard]] const Application* application_of(std::string_view path) const;
    /// The same for a target that isn't known to be well-formed.
    [[nodiscard]] bool is_application(std::string_view target) const;

    [[nodiscard]] Response readiness() const;
    [[nodiscard]] Response info() const;
};

}  // namespace barid::web
