// TLS for the HTTP server: the certificate, and one connection's records. Io thread only.
#pragma once

#include <boost/asio/ip/tcp.hpp>
#include <boost/asio/ssl/context.hpp>
#include <boost/asio/ssl/stream.hpp>
#include <chrono>
#include <filesystem>
#include <memory>
#include <string>

#include "base/asio.hpp"
#include "base/log.hpp"

namespace barid::web {

/// A certificate and its key from PEM files. Read again when they change, so that a renewed
/// certificate needs no restart; when the new ones don't fit the old ones stay, and a line in the
/// log says why.
class TlsContext {
  public:
    /// Throws a permanent Error that names the file and what is wrong with it.
    TlsContext(std::string certificate_file, std::string key_file, log::Logger logger,
               std::chrono::milliseconds look_every = std::chrono::seconds(5));

    /// What the next connection is to use.
    std::shared_ptr<asio::ssl::context> current();

  private:
    using Stamp = std::pair<std::filesystem::file_time_type, std::filesystem::file_time_type>;
    [[nodiscard]] std::shared_ptr<asio::ssl::context> load() const;
    [[nodiscard]] Stamp stamp() const;

    std::string certificate_file_;
    std::string key_file_;
    log::Logger log_;
    std::shared_ptr<asio::ssl::context> context_;
    Stamp stamp_;
    std::chrono::milliseconds look_every_;
    std::chrono::steady_clock::time_point looked_at_;
};

/// The context is kept until the last of its connections has ended.
class TlsLayer {
  public:
    TlsLayer(std::shared_ptr<asio::ssl::context> context, asio::ip::tcp::socket& socket)
        : context_(std::move(context)), stream(socket, *context_) {}

  private:
    std::shared_ptr<asio::ssl::context> context_;

  public:
    asio::ssl::stream<asio::ip::tcp::socket&> stream;
};

}  // namespace barid::web
