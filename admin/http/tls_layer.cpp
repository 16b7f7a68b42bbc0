#include "admin/http/tls_layer.hpp"

#include <fmt/format.h>

#include "base/error.hpp"

namespace barid::web {
TlsContext::TlsContext(std::string certificate_file, std::string key_file, log::Logger logger,
                       std::chrono::milliseconds look_every)
    : certificate_file_(std::move(certificate_file)),
      key_file_(std::move(key_file)),
      log_(std::move(logger)),
      context_(load()),
      stamp_(stamp()),
      look_every_(look_every),
      looked_at_(std::chrono::steady_clock::now()) {}

std::shared_ptr<asio::ssl::context> TlsContext::load() const {
    namespace ssl = asio::ssl;
    error_code problem;
    const auto require = [&](std::string_view action, const std::string& file) {
        if (!problem) return;
        throw Error(Error::Retry::permanent,
                    fmt::format("HTTP server: can't {} {}: {}", action, file, problem.message()));
    };
    auto context = std::make_shared<ssl::context>(ssl::context::tls_server);
    SSL_CTX_set_min_proto_version(context->native_handle(), TLS1_2_VERSION);
    SSL_CTX_set_options(context->native_handle(), SSL_OP_NO_RENEGOTIATION | SSL_OP_NO_COMPRESSION);
    // An idle connection then holds no buffers of records.
    SSL_CTX_set_mode(context->native_handle(), SSL_MODE_RELEASE_BUFFERS);
    context->use_certificate_chain_file(certificate_file_, problem);
    require("read the certificate", certificate_file_);
    context->use_private_key_file(key_file_, ssl::context::pem, problem);
    require("read the key of the certificate from", key_file_);
    if (SSL_CTX_check_private_key(context->native_handle()) != 1) {
        throw Error(Error::Retry::permanent,
                    fmt::format("HTTP server: the key in {} isn't the one of the certificate in {}",
                                key_file_, certificate_file_));
    }
    return context;
}

TlsContext::Stamp TlsContext::stamp() const {
    std::error_code ignored;
    return {std::filesystem::last_write_time(certificate_file_, ignored),
            std::filesystem::last_write_time(key_file_, ignored)};
}

std::shared_ptr<asio::ssl::context> TlsContext::current() {
    const auto now = std::chrono::steady_clock::now();
    if (now - looked_at_ < look_every_) return context_;
    looked_at_ = now;
    const auto seen = stamp();
    if (seen == stamp_) return context_;
    stamp_ = seen;
    try {
        context_ = load();
        log_.info("the HTTP server's certificate was read again",
                  {{"certificate", certificate_file_}});
    } catch (const Error& error) {
        log_.error("the HTTP server keeps its old certificate", {{"error", error.what()}});
    }
    return context_;
}

}  // namespace barid::web
