// The suite `admin`: the API's lists over millions of finished jobs, and what an open dashboard
// costs the workers. The server is the real `barid admin`; requests come from `wrk`.
#pragma once

#include <string>

namespace barid::bench {

struct AdminOptions {
    std::string url;  ///< a superuser's; databases are made and dropped beside it
    int runs = 3;
    int jobs = 50'000;  ///< of a drain
    std::size_t concurrency = 50;
    double scale = 1;  ///< of the history: 1 is five million jobs
    std::string only;  ///< case names that contain this; empty: all
};

void run_admin_suite(const AdminOptions& options);

}  // namespace barid::bench
