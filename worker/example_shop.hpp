// The files of examples/shop, as they were when the program was built: what `barid shop example`
// prints and the demo runs. Constant, thread-safe.
#pragma once

#include <span>

namespace barid::worker {

struct ExampleFile {
    const char* name;  ///< "01_schema.sql"
    const char* sql;
};

/// In the order in which they are run; the oracles last.
std::span<const ExampleFile> example_shop();

}  // namespace barid::worker
