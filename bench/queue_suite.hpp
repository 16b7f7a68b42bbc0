// The suite `queue`: latency, drain, enqueue, WAL and memory, alone or beside peers.
//
// Contenders take turns on one server (A, B, A, B, …), each run on a fresh copy of its migrated
// template database, so that noise of the machine meets all of them; medians are compared.
#pragma once

#include <string>

namespace barid::bench {

struct QueueOptions {
    std::string url;  ///< a superuser's; databases are made and dropped beside it
    bool peers = false;
    int runs = 3;
    int jobs = 50'000;
    int latency_jobs = 500;
    std::size_t concurrency = 50;
    double scale = 1;  ///< of the burdens of backlog_5m and the like
    std::string only;  ///< case names that contain this; empty: all
};

void run_queue_suite(const QueueOptions& options);

}  // namespace barid::bench
