#include "admin/api/failure.hpp"

#include "queue/pg/error.hpp"

namespace barid::api {
namespace {

Problem later(std::string code, const std::string& detail) {
    Problem problem(503, std::move(code), detail);
    problem.retry_after = std::chrono::seconds(2);
    return problem;
}

std::optional<Problem> expected(const pg::Error& error) {
    const std::string& state = error.sqlstate();
    if (state == "22023" || state == "22007" || state == "22008" || state == "22P02" ||
        state == "22003" || state == "22021" || state == "22P05") {
        return Problem(422, "invalid", error.what());
    }
    if (state == "P0002") return Problem(404, "not_found", error.what());
    if (state == "57014") {
        return later("too_slow", "the database needed too long: choose a narrower filter");
    }
    if (state == "55P03" || state == "40P01" || state == "40001") {
        return later("busy", "somebody else is changing the same: try again");
    }
    if (state == "23505" || state == "23503" || state == "23514") {
        return Problem(409, "conflict", "it conflicts with what is there already");
    }
    if (error.connection_lost() || error.transient()) {
        return later("database_unavailable", "the database can't be reached: try again");
    }
    return std::nullopt;
}

}  // namespace

Problem as_problem(const std::exception& error, const log::Logger& logger,
                   const std::string& request_id) {
    if (const auto* problem = dynamic_cast<const Problem*>(&error)) return *problem;
    if (const auto* payload = dynamic_cast<const PayloadError*>(&error)) {
        return {422, "invalid", "the body is wrong", payload->violations()};
    }
    if (const auto* database = dynamic_cast<const pg::Error*>(&error)) {
        if (auto problem = expected(*database)) {
            if (problem->status() >= 500) {
                logger.warn("an API request couldn't be answered",
                            {{"request_id", request_id}, {"error", error.what()}});
            }
            return std::move(*problem);
        }
    }
    if (dynamic_cast<const TimeoutError*>(&error) != nullptr) {
        logger.warn("an API request took too long",
                    {{"request_id", request_id}, {"error", error.what()}});
        return later("too_slow", "it took too long: try again, or choose a narrower filter");
    }
    logger.error("an API request failed", {{"request_id", request_id}, {"error", error.what()}});
    return {500, "internal", "something went wrong here: the log has it under the request's id"};
}

}  // namespace barid::api
