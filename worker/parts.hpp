// The parts of a worker that reach out of it, each made from its settings: FCM and the
// endpoints of webhooks. The Platform keeps them; the doctor tries them one by one.
//
// Each function throws a permanent Error that names what is wrong with the setting. What is
// returned refers to `http`, `blocking` and `clock`. Io thread only.
#pragma once

#include <memory>
#include <string>

#include "base/access_token.hpp"
#include "base/clock.hpp"
#include "base/http_client.hpp"
#include "base/log.hpp"
#include "base/meter.hpp"
#include "base/run_on.hpp"
#include "base/trace.hpp"
#include "config/settings.hpp"
#include "jobs/http_deliver.hpp"
#include "notify/fcm_client.hpp"

namespace barid::worker {

/// One Firebase project.
struct FcmParts {
    std::unique_ptr<http::HttpClient> http;
    std::unique_ptr<oauth::AccessTokenSource> tokens;
    std::unique_ptr<notify::FcmClient> client;
};
/// Reads the credentials' file. `project` is the devices'; `http` is for tokens. Requests to FCM
/// are traced and counted when there is something for it.
FcmParts make_fcm(asio::io_context& io, http::HttpClient& http, const Clock& clock,
                  const config::Fcm& settings, const std::string& project = "default",
                  const log::Logger& logger = {},
                  const trace::Tracer& tracer = trace::Tracer::off(), CallMeter* meter = nullptr);

/// What `http.deliver` may post to.
std::vector<jobs::DeliverEndpoint> deliver_endpoints(const config::Settings& settings);

}  // namespace barid::worker
