// What an error means to whoever ran the command: an exit code, and how to mend it. Pure.
//
// Decided by SQLSTATE alone, so that the server may speak any language.
#pragma once

#include <exception>
#include <string>

#include "queue/pg/error.hpp"
#include "worker/commands.hpp"

namespace barid::worker {

struct Failure {
    Exit code = Exit::failed;
    std::string message;  ///< what is wrong
    std::string advice;   ///< how to mend it; may be empty
};

Failure describe(const pg::Error& error);

/// Any exception, by its type.
Failure describe(const std::exception_ptr& error);

}  // namespace barid::worker
