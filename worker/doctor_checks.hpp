// The doctor's looks at what lies outside the database: store, push, translation, HTTP port.
//
// Each returns its finding, and throws when the thing could not be tried at all; the doctor turns
// that into a problem. What it costs to look is said in the finding. Io thread only.
#pragma once

#include <string>

#include "base/asio.hpp"
#include "base/clock.hpp"
#include "base/http_client.hpp"
#include "base/run_on.hpp"
#include "config/settings.hpp"
#include "worker/doctor_report.hpp"

namespace barid::worker {

struct DoctorTools {
    asio::io_context& io;
    ThreadPool& blocking;
    http::HttpClient& http;
    const Clock& clock;
};

/// Puts, reads back and removes an object of a few bytes.
awaitable<Finding> check_store(DoctorTools tools, config::Media settings);

/// Starts a decode child: whether its walls can be built here, and what it reads.
awaitable<Finding> check_pictures(DoctorTools tools, config::Media settings);

/// Has FCM validate a message that goes to nobody.
awaitable<Finding> check_push(DoctorTools tools, config::Notify settings);

/// The same for each of [notify.fcm_projects.NAME].
awaitable<Findings> check_push_projects(DoctorTools tools, config::Notify settings);

/// Has one word translated.
awaitable<Finding> check_provider(DoctorTools tools, std::string name, config::Translate settings);

/// Whether the fleet leaves a provider alone, and why.
awaitable<Finding> check_pauses(DoctorTools tools, config::Settings settings);

/// Binds the address and lets go of it; taken by a worker of ours is fine.
awaitable<Finding> check_http(DoctorTools tools, config::Http settings);

/// Whether the port's certificate and key can be read and belong together; whether passwords of
/// admins would cross the network in plain text. Nothing where there is nothing to say.
Findings check_certificate(const config::Settings& settings);

/// Directories that payloads may read from.
Finding check_roots(const config::Media& settings);

/// Where `http.deliver` posts to; nothing is sent.
Findings check_deliver(const config::Settings& settings);

}  // namespace barid::worker
