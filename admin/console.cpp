#include "admin/console.hpp"

#include <algorithm>
#include <utility>

#include "admin/access/password.hpp"
#include "admin/api/all_routes.hpp"
#include "admin/api/changes.hpp"
#include "dashboard/embedded.hpp"

namespace barid::admin {
namespace {

/// Reads are bounded by the session's own setting; changes set theirs in the transaction, for a
/// pooler may give it another session.
pg::ConnectOptions for_reading(pg::ConnectOptions options, std::chrono::milliseconds timeout) {
    options.application_name = "barid-admin";
    options.settings.push_back({"statement_timeout", std::to_string(timeout.count())});
    return options;
}

pg::ConnectOptions for_changes(pg::ConnectOptions options) {
    options.application_name = "barid-admin";
    return options;
}

}  // namespace

class Console::Impl {
  public:
    Impl(asio::io_context& io, ThreadPool& blocking, const Clock& clock, ConsoleOptions options,
         api::Watchers watchers, const log::Logger& logger)
        : reads_(io, blocking, for_reading(options.database, options.statement_timeout),
                 options.connections, logger),
          writes_(io, blocking, for_changes(options.database),
                  std::max<std::size_t>(1, options.connections / 2), logger),
          gatekeeper_(reads_, clock, std::move(options.access), logger),
          sign_in_(writes_, hasher_, gatekeeper_, options.sign_in),
          changes_(reads_),
          dispatcher_(
              routes_, gatekeeper_,
              {.reads = reads_, .writes = writes_, .statement_timeout = options.statement_timeout},
              watchers, logger) {
        api::add_all(routes_, {.gatekeeper = gatekeeper_,
                               .changes = changes_,
                               .version = std::move(options.version),
                               .sign_in = &sign_in_,
                               .media = std::move(options.media),
                               .webhooks = std::move(options.webhooks),
                               .projections = std::move(options.projections)});
    }

    void mount(web::HttpServer& server) {
        server.mount(std::string(api::kPrefix), dispatcher_.application());
        if (!dashboard::assets().empty()) {
            server.serve_assets("/admin/", dashboard::assets(),
                                std::string(dashboard::content_security_policy()));
        }
    }

  private:
    pg::Pool reads_;
    pg::Pool writes_;
    access::PasswordHasher hasher_;
    access::DatabaseGatekeeper gatekeeper_;
    access::SignIn sign_in_;
    api::Changes changes_;
    api::Routes routes_;
    api::Dispatcher dispatcher_;
};

Console::Console(asio::io_context& io, ThreadPool& blocking, const Clock& clock,
                 ConsoleOptions options, api::Watchers watchers, log::Logger logger)
    : impl_(std::make_unique<Impl>(io, blocking, clock, std::move(options), watchers, logger)) {}

Console::~Console() = default;

void Console::mount(web::HttpServer& server) {
    impl_->mount(server);
}

}  // namespace barid::admin
