// A server with an application at /api that tells what it was asked, and does odd things on demand.
#pragma once

#include <atomic>
#include <mutex>
#include <vector>

#include "base/timeout.hpp"
#include "tests/integration/admin_http/server_fixture.hpp"

namespace barid::web {

class AdminHttpApplication : public AdminHttp {
  protected:
    AdminHttpApplication() {
        arrange = [this](HttpServer& http) {
            http.mount("/api", {.admit = [this](const Request& request) { return admit(request); },
                                .answer =
                                    [this](Request request, std::shared_ptr<void> context) {
                                        return answer(std::move(request), std::move(context));
                                    }});
        };
    }

    awaitable<Admission> admit(const Request& request) {
        {
            const std::lock_guard lock(mutex);
            admitted.push_back(request);
        }
        Admission admission{.max_body_bytes = max_body, .context = std::make_shared<int>(7)};
        if (request.path == "/api/refused") {
            admission.refusal = Response{.status = 403, .body = "{\"code\":\"forbidden\"}"};
        }
        if (request.path == "/api/throws-early") throw std::runtime_error("early");
        co_return admission;
    }

    awaitable<Response> answer(Request request, std::shared_ptr<void> context) {
        EXPECT_TRUE(context && *std::static_pointer_cast<int>(context) == 7);
        {
            const std::lock_guard lock(mutex);
            answered.push_back(request);
        }
        if (special && request.path == "/api/special") co_return co_await special(request);
        if (request.path == "/api/slow") co_await sleep_for(milliseconds(200));
        if (request.path == "/api/throws") throw std::runtime_error("broken");
        Response response{.body = request.head.method + " " + request.path + " [" + request.body +
                                  "] " + request.client_address};
        response.headers.emplace_back("X-Of-The-Handler", "yes");
        co_return response;
    }

    /// A request with a body of so many bytes.
    static std::string post(const std::string& target, const std::string& body,
                            const std::string& more = "") {
        return "POST " + target + " HTTP/1.1\r\nHost: a\r\n" + more +
               "Content-Length: " + std::to_string(body.size()) + "\r\n\r\n" + body;
    }

    std::vector<Request> seen(const std::vector<Request>& list) {
        const std::lock_guard lock(mutex);
        return list;
    }

    std::size_t max_body = 1000;
    std::function<awaitable<Response>(const Request&)> special;  ///< answers /api/special
    std::mutex mutex;
    std::vector<Request> admitted;
    std::vector<Request> answered;
};

}  // namespace barid::web
