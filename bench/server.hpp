// The PostgreSQL server that is measured: a private one with durable settings, or the one that
// BARID_BENCH_DATABASE_URL names (a superuser's URL).
//
// The private one lives in a temporary directory, runs as an unprivileged user when we are root,
// and is gone, with its directory, when this object is. One thread at a time.
#pragma once

#include <filesystem>
#include <memory>
#include <string>

#include "bench/process.hpp"

namespace barid::bench {

class Server {
  public:
    Server();
    ~Server();
    Server(const Server&) = delete;
    Server& operator=(const Server&) = delete;

    [[nodiscard]] const std::string& url() const { return url_; }

  private:
    void start();

    std::filesystem::path directory_;
    std::unique_ptr<Process> postmaster_;
    std::string url_;
};

/// Version, and the settings that decide what a commit and a page cost.
std::string describe_server(const std::string& url);

}  // namespace barid::bench
