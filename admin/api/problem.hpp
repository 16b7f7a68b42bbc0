// What an API request couldn't get, as RFC 9457 "problem details". Thrown by handlers, caught by
// the dispatcher, which adds `request_id`. Pure.
#pragma once

#include <chrono>
#include <string>
#include <vector>

#include "admin/http/message.hpp"
#include "base/error.hpp"
#include "base/json_reader.hpp"

namespace barid::api {

class Problem : public Error {
  public:
    /// `code` is stable and what clients branch on and translate ("not_found"); `detail` is one
    /// sentence for people that says how to mend it, without secrets.
    Problem(int status, std::string code, const std::string& detail,
            std::vector<Violation> errors = {});

    [[nodiscard]] int status() const { return status_; }
    [[nodiscard]] const std::string& code() const { return code_; }
    [[nodiscard]] const std::vector<Violation>& errors() const { return errors_; }

    std::chrono::seconds retry_after{0};  ///< sent as Retry-After unless zero
    /// What holds now instead of what the client took for granted: the document's member `now`.
    json::value now = {};

  private:
    int status_;
    std::string code_;
    std::vector<Violation> errors_;
};

/// `application/problem+json` with type, title, status, code, detail, request_id and errors[].
web::Response problem_response(const Problem& problem, const std::string& request_id);

}  // namespace barid::api
