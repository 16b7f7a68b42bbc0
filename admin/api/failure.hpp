// What an exception means to an API client. Pure, but for the log line of what nobody expected.
#pragma once

#include <exception>
#include <string>

#include "admin/api/problem.hpp"
#include "base/log.hpp"

namespace barid::api {

/// A Problem stays what it is; violations of a payload are 422 `invalid`; PostgreSQL's errors go by
/// their SQLSTATE (appendix A of its manual); everything else is 500 `internal`, logged with the
/// request's id and told to the client by that alone.
Problem as_problem(const std::exception& error, const log::Logger& logger,
                   const std::string& request_id);

}  // namespace barid::api
