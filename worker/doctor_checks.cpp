#include "worker/doctor_checks.hpp"

#include <fmt/format.h>
#include <unistd.h>

#include <boost/asio/ip/tcp.hpp>

#include "admin/http/self_check.hpp"
#include "admin/http/tls_layer.hpp"
#include "base/address_guard.hpp"
#include "base/crypto.hpp"
#include "base/http_url.hpp"
#include "base/json.hpp"
#include "media/error.hpp"
#include "worker/media_parts.hpp"
#include "worker/parts.hpp"
#include "worker/platform.hpp"
#include "worker/translate_parts.hpp"

namespace barid::worker {
namespace {

using namespace std::chrono_literals;
using Level = Finding::Level;

/// What the store kept of `content`, or why it can't be relied on.
awaitable<std::string> store_problem(media::ObjectStore& store, std::string key,
                                     std::string content) {
    co_await store.put(key, content, "text/plain");
    const auto seen = co_await store.head(key);
    if (!seen) co_return "an object that was just put isn't there";
    if (seen->bytes != content.size()) {
        co_return fmt::format("{} bytes were put, the store says it has {}", content.size(),
                              seen->bytes);
    }
    const std::string read = co_await store.get(key, 1024);
    if (read != content) co_return "it returns other bytes than were put";
    co_await store.remove(key);
    if (co_await store.head(key)) co_return "an object that was removed is still there";
    co_return "";
}

std::string push_advice(notify::SendClass kind) {
    switch (kind) {
        case notify::SendClass::lane_paused:
        case notify::SendClass::auth_refresh:
            return "check the service account, its key, and that the FCM API is enabled for the "
                   "project";
        case notify::SendClass::retry:
        case notify::SendClass::ambiguous:
        case notify::SendClass::not_sent:
            return "check the way out of this machine (DNS, firewall) to notify.fcm.endpoint";
        default:
            return "check notify.fcm.project and notify.fcm.endpoint";
    }
}

/// True when a worker of ours answers there.
awaitable<bool> is_barid(DoctorTools tools, const config::Http& settings) {
    const auto answer =
        co_await web::ask_server(tools.io, settings.bind.address, settings.bind.port,
                                 !settings.tls_certificate_file.empty(), "/", 3s);
    if (!answer) co_return false;
    try {
        const json::value body = parse_json(answer->body);
        const json::string* name = find_string(body, "/name");
        co_return name != nullptr && *name == "barid";
    } catch (const Error&) {
        co_return false;  // somebody else's port: whatever it says is no answer of ours
    }
}

/// Whether FCM takes a project's credentials.
awaitable<Finding> probe_project(const FcmParts& parts, std::string check) {
    const notify::SendResult result = co_await parts.client->probe();
    if (result.kind == notify::SendClass::accepted) {
        co_return Finding{Level::ok, check,
                          fmt::format("FCM accepts the credentials of project {} (nothing is sent)",
                                      parts.tokens->project_id())};
    }
    co_return Finding{
        Level::problem, check,
        fmt::format("FCM: {}{}{}", result.reason, result.error.empty() ? "" : ": ", result.error),
        push_advice(result.kind)};
}

}  // namespace

awaitable<Finding> check_store(DoctorTools tools, config::Media settings) {
    const StoreParts parts = make_store(tools.http, tools.blocking, tools.clock, settings);
    media::ObjectStore& store = *parts.store;
    const std::string id = random_uuid();
    const std::string key = "doctor/" + id + ".txt";
    const std::string problem = co_await store_problem(store, key, "barid doctor " + id);
    const std::string where = settings.store == config::MediaStore::local ? settings.local.directory
                              : settings.store == config::MediaStore::s3  ? settings.s3.bucket
                                                                          : settings.bunny.zone;
    if (problem.empty()) {
        co_return Finding{Level::ok, "store",
                          fmt::format("{} {}: put, read back, removed", store.name(), where)};
    }
    co_return Finding{Level::problem, "store",
                      fmt::format("{} {}: {}", store.name(), where, problem),
                      "the store must be strongly consistent and the key must be allowed to read, "
                      "write and delete"};
}

awaitable<Finding> check_pictures(DoctorTools tools, config::Media settings) {
    media::SandboxOptions options = sandbox_options(settings);
    options.children = 1;
    media::SandboxPool pool(tools.io, std::move(options), {});
    co_await pool.prefork();
    co_return Finding{Level::ok, "pictures",
                      pool.stats().heic
                          ? "a decode child started; it reads JPEG, PNG, WebP, GIF, AVIF, HEIC"
                          : "a decode child started; it reads JPEG, PNG, WebP, GIF, AVIF; no HEIC, "
                            "for libheif lacks an HEVC decoder here"};
}

awaitable<Finding> check_push(DoctorTools tools, config::Notify settings) {
    if (settings.channel == config::Channel::dev) {
        co_return Finding{Level::ok, "push", "the development channel; no phone is reached"};
    }
    const FcmParts parts = make_fcm(tools.io, tools.http, tools.clock, settings.fcm);
    co_return co_await probe_project(parts, "push");
}

awaitable<Findings> check_push_projects(DoctorTools tools, config::Notify settings) {
    Findings findings;
    for (const auto& [project, fcm] : settings.fcm_projects) {
        const std::string check = "push." + project;
        try {
            const FcmParts parts = make_fcm(tools.io, tools.http, tools.clock, fcm, project);
            findings.push_back(co_await probe_project(parts, check));
        } catch (const Error& error) {
            findings.push_back(
                {Level::problem, check, error.what(), "mend notify.fcm_projects." + project});
        }
    }
    co_return findings;
}

awaitable<Finding> check_provider(DoctorTools tools, std::string name, config::Translate settings) {
    const auto provider = make_provider(tools.http, tools.clock, name, settings);
    translate::Batch batch;
    batch.texts = {"Hello"};
    batch.deadline = 15s;
    const auto answer = co_await provider->translate(std::move(batch));
    const std::string cost = name == "libretranslate" ? "" : " (5 characters of the plan)";
    if (answer.size() != 1 || answer.front().empty()) {
        co_return Finding{Level::problem, name, "it answers, but translates nothing" + cost,
                          "check that it offers English to Arabic"};
    }
    if (answer.front() == "Hello") {
        co_return Finding{Level::warning, name, "it answers with the untranslated word" + cost,
                          "check that its Arabic model is loaded"};
    }
    co_return Finding{Level::ok, name, "translates English to Arabic" + cost};
}

awaitable<Finding> check_pauses(DoctorTools tools, config::Settings settings) {
    pg::Pool pool(tools.io, tools.blocking, connect_options(settings), 1, {});
    const pg::Result rows = co_await pool.execute(
        R"(SELECT provider, pause_kind, pause_reason,
                  to_char(paused_until AT TIME ZONE 'UTC', 'HH24:MI "UTC"')
           FROM barid.translation_providers WHERE paused ORDER BY provider LIMIT 16)");
    std::string resting;
    std::string first;
    for (const pg::Row row : rows) {
        if (first.empty()) first = row.get<std::string>(0);
        resting += fmt::format("{}{} rests until {} ({})", resting.empty() ? "" : "; ", row.text(0),
                               row.text(3), row.text(2));
    }
    if (resting.empty()) co_return Finding{Level::ok, "translation", "no provider rests"};
    co_return Finding{Level::warning, "translation", resting,
                      "when it is mended: barid translate resume " + first};
}

Findings check_certificate(const config::Settings& settings) {
    const config::Http& http = settings.http;
    if (http.bind.address.empty()) return {};
    if (http.tls_certificate_file.empty()) {
        boost::system::error_code problem;
        const auto address = asio::ip::make_address(http.bind.address, problem);
        const bool plain = !problem && !address.is_loopback() && http.trusted_proxies.empty();
        if (!plain || !settings.admin.enabled) return {};
        return {{Level::warning, "tls", "off, and other machines can reach the admin's API",
                 "set http.tls_certificate_file and http.tls_key_file, or http.trusted_proxies to "
                 "the proxy that has the certificate"}};
    }
    try {
        (void)web::TlsContext(http.tls_certificate_file, http.tls_key_file, log::Logger());
    } catch (const Error& error) {
        return {{Level::problem, "tls", error.what(),
                 "mend http.tls_certificate_file and http.tls_key_file, or the files' mode"}};
    }
    return {{Level::ok, "tls", "the certificate and its key fit"}};
}

awaitable<Finding> check_http(DoctorTools tools, config::Http settings) {
    using boost::asio::ip::tcp;
    const config::Bind& bind = settings.bind;
    if (bind.address.empty()) {
        co_return Finding{Level::ok, "http", "off: no health, no metrics, no local images"};
    }
    boost::system::error_code problem;
    const auto address = asio::ip::make_address(bind.address, problem);
    if (!problem) {
        const tcp::endpoint endpoint(address, bind.port);
        tcp::acceptor acceptor(tools.io);
        acceptor.open(endpoint.protocol(), problem);
        if (!problem) acceptor.set_option(tcp::acceptor::reuse_address(true), problem);
        if (!problem) acceptor.bind(endpoint, problem);
        if (!problem) acceptor.listen(1, problem);
    }
    const std::string where = fmt::format("{} port {}", bind.address, bind.port);
    if (!problem && bind.port == 0) {
        co_return Finding{Level::ok, "http", bind.address + ", any free port"};
    }
    if (!problem) co_return Finding{Level::ok, "http", where + " is free"};
    if (problem == asio::error::address_in_use && co_await is_barid(tools, settings)) {
        co_return Finding{Level::ok, "http", where + " is served by a worker that runs"};
    }
    co_return Finding{Level::problem, "http", fmt::format("{}: {}", where, problem.message()),
                      problem == asio::error::address_in_use
                          ? "another program has it; choose another http.bind"
                          : "choose another http.bind"};
}

Finding check_roots(const config::Media& settings) {
    for (const std::string& root : settings.allowed_roots) {
        if (::access(root.c_str(), R_OK | X_OK) != 0) {
            return {Level::warning, "sources", root + " can't be read by this user",
                    "mend media.allowed_roots, or the directory's mode"};
        }
    }
    return {Level::ok, "sources",
            settings.allowed_roots.empty()
                ? "images come by URL or from the store; media.allowed_roots names no directory"
                : "the directories of media.allowed_roots can be read"};
}

Findings check_deliver(const config::Settings& settings) {
    Findings findings;
    for (const auto& [name, endpoint] : settings.deliver) {
        const http::Url url = http::parse_url(endpoint.url);
        const std::string check = "deliver." + name;
        boost::system::error_code is_name;
        const auto address = asio::ip::make_address(url.host, is_name);
        const std::string_view why = is_name ? "" : why_not_public(address);
        if (!why.empty() && !endpoint.allow_private) {
            findings.push_back({Level::problem, check,
                                fmt::format("{} is not public: {}", url.host, why),
                                "set allow_private = true if that is meant"});
        } else if (url.scheme == "http" && !endpoint.allow_private) {
            findings.push_back({Level::warning, check,
                                url.origin() + " is not encrypted: everybody on the way can read "
                                               "what is delivered",
                                "use an https URL"});
        } else {
            const std::size_t secrets = endpoint.secrets.size();
            findings.push_back({Level::ok, check,
                                fmt::format("{}, signed with {} secret{} (nothing is sent)",
                                            url.origin(), secrets, secrets == 1 ? "" : "s")});
        }
    }
    return findings;
}

}  // namespace barid::worker
