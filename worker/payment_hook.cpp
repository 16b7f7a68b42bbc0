#include "worker/payment_hook.hpp"

#include <map>
#include <memory>

#include "commerce/myfatoorah_webhook.hpp"
#include "worker/payment_parts.hpp"

namespace barid::worker {
namespace {

constexpr std::string_view kPrefix = "/hooks/payment";

class Hooks {
  public:
    Hooks(pg::Pool& pool, const config::Settings& settings, log::Logger log)
        : pool_(pool), queue_(payment_queue(settings)), log_(std::move(log)) {
        for (const auto& [name, gateway] : settings.payment) {
            if (!gateway.webhook_secret.empty()) secrets_.emplace(name, gateway.webhook_secret);
        }
    }

    [[nodiscard]] bool empty() const { return secrets_.empty(); }

    awaitable<web::Admission> admit(const web::Request& request) const {
        web::Admission admission{.max_body_bytes = commerce::kWebhookBytes};
        if (secret_of(request) == nullptr) {
            admission.refusal = web::Response{.status = 404};
        } else if (request.head.method != "POST") {
            admission.refusal = web::Response{.status = 405, .headers = {{"Allow", "POST"}}};
        }
        co_return admission;
    }

    awaitable<web::Response> answer(web::Request request) const {
        const Secret* secret = secret_of(request);
        if (secret == nullptr) co_return web::Response{.status = 404};
        const auto hint = commerce::read_webhook(
            request.body, request.head.header("MyFatoorah-Signature"), *secret);
        if (!hint) co_return web::Response{.status = 401};
        using About = commerce::WebhookHint::About;
        if (hint->about == About::nothing) co_return web::Response{.status = 200, .body = "{}"};
        const std::string gateway = name_of(request);
        const std::string about = hint->about == About::refund ? "refund" : "payment";
        std::string problem;
        try {
            co_await pool_.execute("SELECT barid.payment_hint($1, $2, $3, $4)",
                                   pg::Params(gateway, about, hint->invoice_id, queue_));
        } catch (const barid::Error& error) {
            problem = error.what();
        }
        if (problem.empty()) co_return web::Response{.status = 200, .body = "{}"};
        log_.error("a payment's webhook couldn't be written down; the gateway will send it again",
                   {{"gateway", gateway}, {"error", problem}});
        co_return web::Response{.status = 503};
    }

  private:
    static std::string name_of(const web::Request& request) {
        return request.path.size() > kPrefix.size() ? request.path.substr(kPrefix.size() + 1) : "";
    }
    const Secret* secret_of(const web::Request& request) const {
        const auto found = secrets_.find(name_of(request));
        return found == secrets_.end() ? nullptr : &found->second;
    }

    pg::Pool& pool_;
    std::string queue_;
    log::Logger log_;
    std::map<std::string, Secret, std::less<>> secrets_;
};

}  // namespace

void mount_payment_hooks(web::HttpServer& server, pg::Pool& pool, const config::Settings& settings,
                         log::Logger log) {
    const auto hooks = std::make_shared<const Hooks>(pool, settings, std::move(log));
    if (hooks->empty()) return;
    server.mount(std::string(kPrefix),
                 {.admit = [hooks](const web::Request& request) { return hooks->admit(request); },
                  .answer =
                      [hooks](web::Request request, const std::shared_ptr<void>&) {
                          return hooks->answer(std::move(request));
                      }});
}

}  // namespace barid::worker
