// The stage for the push cases: certificates and a service account made for it, local servers that
// stand in for FCM, and runs of the client, of h2load and of firebase-admin against them.
//
// Everything lives in a temporary folder that goes with the object. One thread.
#pragma once

#include <filesystem>
#include <memory>
#include <string>

#include "bench/process.hpp"

namespace barid::bench {

struct PushRun {
    double rate = 0;    ///< messages accepted a second
    double cpu_us = 0;  ///< of the client's CPU for each
    double rss_mib = 0;
};

class PushStage {
  public:
    PushStage();
    ~PushStage();
    PushStage(const PushStage&) = delete;
    PushStage& operator=(const PushStage&) = delete;

    /// nghttpd, which answers every message at once: its origin. Throws std::runtime_error that
    /// says how to install it.
    std::string start_nghttpd();
    /// Our own stand-in, which answers after `delay_ms`: its origin.
    std::string start_delayed(int delay_ms);

    /// The FCM client in a process of its own, with `connections` × 100 messages under way.
    [[nodiscard]] PushRun run_client(const std::string& origin, std::size_t messages,
                                     std::size_t connections) const;
    /// The same requests, ready made.
    [[nodiscard]] PushRun run_h2load(const std::string& origin, std::size_t messages,
                                     std::size_t connections) const;
    /// firebase-admin's sendEach in batches of 500. Needs `npm ci` in bench/peers.
    [[nodiscard]] PushRun run_firebase(const std::string& origin, std::size_t messages) const;

    [[nodiscard]] std::string ca_file() const { return folder_ / "cert.pem"; }
    /// A service account's key whose token endpoint is `origin`'s.
    [[nodiscard]] std::string account_file(const std::string& origin) const;

  private:
    std::filesystem::path folder_;
    std::unique_ptr<Process> nghttpd_;
    std::unique_ptr<Process> delayed_;
};

}  // namespace barid::bench
