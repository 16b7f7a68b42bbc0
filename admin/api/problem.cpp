#include "admin/api/problem.hpp"

#include "base/text.hpp"

namespace barid::api {

Problem::Problem(int status, std::string code, const std::string& detail,
                 std::vector<Violation> errors)
    : Error(status >= 500 ? Retry::transient : Retry::permanent, detail),
      status_(status),
      code_(std::move(code)),
      errors_(std::move(errors)) {}

web::Response problem_response(const Problem& problem, const std::string& request_id) {
    json::array errors;
    for (const auto& violation : problem.errors()) {
        errors.push_back(
            {{"at", scrub_utf8(violation.at)}, {"problem", scrub_utf8(violation.problem)}});
    }
    json::object body = {
        {"type", "about:blank"},
        {"title", web::reason_phrase(problem.status())},
        {"status", problem.status()},
        {"code", problem.code()},
        {"detail", scrub_utf8(problem.what())},
        {"request_id", request_id},
        {"errors", std::move(errors)},
    };
    if (!problem.now.is_null()) body["now"] = problem.now;
    web::Response response{.status = problem.status(),
                           .body = json::serialize(body),
                           .content_type = "application/problem+json"};
    if (problem.retry_after.count() > 0) {
        response.headers.emplace_back("Retry-After", std::to_string(problem.retry_after.count()));
    }
    return response;
}

}  // namespace barid::api
