#include "base/service_account.hpp"

#include <fmt/format.h>
#include <sys/stat.h>

#include "base/crypto.hpp"
#include "base/json.hpp"

namespace barid::oauth {
namespace {

using std::chrono::seconds;

constexpr seconds kAssertionLife{3600};
/// A clock that runs ahead would issue assertions from the future, which Google refuses.
constexpr seconds kBackdate{30};
/// What assertions tolerate without being told.
constexpr seconds kSmallSkew{30};

bool same_key(const ServiceAccountKey& a, const ServiceAccountKey& b) {
    return a.client_email == b.client_email && a.private_key_id == b.private_key_id &&
           a.private_key == b.private_key && a.token_uri == b.token_uri;
}

}  // namespace

std::string make_assertion(const ServiceAccountKey& credentials, const std::string& scope,
                           SystemTime now) {
    const auto issued = std::chrono::floor<seconds>(now) - kBackdate;
    const json::object header{
        {"alg", "RS256"}, {"typ", "JWT"}, {"kid", credentials.private_key_id}};
    const json::object claims{{"iss", credentials.client_email},
                              {"scope", scope},
                              {"aud", credentials.token_uri},
                              {"iat", issued.time_since_epoch().count()},
                              {"exp", (issued + kAssertionLife).time_since_epoch().count()}};
    std::string text =
        base64url_encode(json::serialize(header)) + "." + base64url_encode(json::serialize(claims));
    const std::string signature = rs256_sign(credentials.private_key.reveal(), text);
    return text + "." + base64url_encode(signature);
}

ServiceAccountIssuer::ServiceAccountIssuer(http::HttpClient& http, const Clock& clock,
                                           ServiceAccountKey credentials,
                                           ServiceAccountOptions options, log::Logger logger)
    : http_(http),
      clock_(clock),
      options_(std::move(options)),
      log_(std::move(logger)),
      current_(std::move(credentials)),
      look_at_(clock.steady_now() + options_.look_every) {
    apply_options(current_);
    seen_ = version();
}

void ServiceAccountIssuer::apply_options(ServiceAccountKey& credentials) const {
    if (!options_.project.empty()) credentials.project_id = options_.project;
    if (!options_.token_uri.empty()) credentials.token_uri = options_.token_uri;
}

std::optional<ServiceAccountIssuer::Version> ServiceAccountIssuer::version() const {
    struct stat found{};
    // Follows links: Kubernetes swaps the directory that a secret's link leads through.
    if (options_.file.empty() || ::stat(options_.file.c_str(), &found) != 0) return std::nullopt;
    return Version{.inode = found.st_ino,
                   .size = found.st_size,
                   .changed_ns = found.st_mtim.tv_sec * 1'000'000'000 + found.st_mtim.tv_nsec};
}

bool ServiceAccountIssuer::changed() {
    const SteadyTime now = clock_.steady_now();
    if (options_.file.empty() || now < look_at_) return false;
    look_at_ = now + options_.look_every;
    const auto found = version();
    if (found == seen_) return false;
    seen_ = found;
    try {
        ServiceAccountKey fresh = ServiceAccountKey::from_file(options_.file);
        apply_options(fresh);
        if (fresh.project_id != current_.project_id) {
            // Its messages would be refused as a wrong sender's, and the devices given up.
            throw Error(
                Error::Retry::permanent,
                fmt::format("service account {}: is of project {}, not {}: restart for that",
                            options_.file, fresh.project_id, current_.project_id));
        }
        if (same_key(fresh, current_)) return false;
        if (!previous_) previous_ = std::move(current_);
        current_ = std::move(fresh);
        log_.info("took up a service account's new key",
                  {{"project", current_.project_id}, {"key", current_.private_key_id}});
        return true;
    } catch (const Error& error) {
        log_.error("a service account's new key can't be used; the old one goes on",
                   {{"error", error.what()}});
        return false;
    }
}

awaitable<IssuedToken> ServiceAccountIssuer::issue() {
    Answer answer = co_await exchange(current_);
    if (answer.refused && !answer.refused->transient()) {
        suspect();
        if (changed()) answer = co_await exchange(current_);
    }
    if (answer.token) {
        previous_.reset();
        co_return std::move(*answer.token);
    }
    if (previous_ && !answer.refused->transient()) {
        const ServiceAccountKey old = *previous_;
        Answer second = co_await exchange(old);
        if (second.token) {
            log_.error("a service account's new key is refused; the old one goes on",
                       {{"project", current_.project_id}, {"error", answer.refused->what()}});
            co_return std::move(*second.token);
        }
    }
    throw *answer.refused;
}

seconds ServiceAccountIssuer::skew(const http::Response& response) const {
    const auto now = std::chrono::floor<seconds>(clock_.system_now()) + clock_offset_;
    const auto theirs = http::server_time(response, now);
    return theirs ? *theirs - now : seconds(0);
}

awaitable<ServiceAccountIssuer::Answer> ServiceAccountIssuer::exchange(
    const ServiceAccountKey& credentials) {
    for (const bool last : {false, true}) {
        http::Response response;
        try {
            response = co_await ask(credentials);
        } catch (const http::Error& error) {
            // A cancelled leader must not fail those who wait: one of them takes over.
            if (error.code() == "cancelled") throw;
            co_return Answer{.refused = TokenError(Error::Retry::transient,
                                                   std::string("access token: ") + error.what())};
        }
        if (response.status == 200) {
            try {
                co_return Answer{.token = read_token(response)};
            } catch (const TokenError& error) {
                co_return Answer{.refused = error};
            }
        }
        const bool later = response.status >= 500 || response.status == 429;
        std::string why = "access token: " + token_refusal(response);
        const seconds wrong_by = skew(response);
        const bool clock_is_wrong = wrong_by > kSmallSkew || wrong_by < -kSmallSkew;
        if (!later && clock_is_wrong && !last) {
            clock_offset_ += wrong_by;
            log_.warn("this machine's clock is wrong; tokens are asked for by the endpoint's clock",
                      {{"ahead_s", -wrong_by.count()}});
            continue;
        }
        if (!later && clock_offset_.count() != 0) {
            why += fmt::format(" (this machine's clock is {} s {} the endpoint's)",
                               std::abs(clock_offset_.count()),
                               clock_offset_.count() < 0 ? "ahead of" : "behind");
        }
        co_return Answer{
            .refused = TokenError(later ? Error::Retry::transient : Error::Retry::permanent, why)};
    }
    co_return Answer{.refused = TokenError(Error::Retry::transient, "access token: no answer")};
}

awaitable<http::Response> ServiceAccountIssuer::ask(const ServiceAccountKey& credentials) {
    http::Request request;
    request.method = "POST";
    request.url = credentials.token_uri;
    request.headers = {{"Content-Type", "application/x-www-form-urlencoded"}};
    request.body = "grant_type=urn%3Aietf%3Aparams%3Aoauth%3Agrant-type%3Ajwt-bearer&assertion=" +
                   make_assertion(credentials, options_.scope, clock_.system_now() + clock_offset_);
    request.total_timeout = options_.timeout;
    request.max_response_bytes = 64UL * 1024;
    return http_.send(std::move(request));
}

}  // namespace barid::oauth
