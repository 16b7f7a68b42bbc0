// What changed lately, by topic, so that an open page knows what to fetch again.
//
// One cheap query a second, and only while somebody watches: PostgreSQL's own counters of changed
// rows (its manual, "The Cumulative Statistics System"), which are up to a second late. Io thread
// only; the pool must outlive it.
#pragma once

#include <chrono>
#include <map>
#include <string>
#include <string_view>

#include "base/asio.hpp"
#include "queue/pg/pool.hpp"

namespace barid::api {

/// A fingerprint of each topic ("jobs", "notifications", …): another one means that something of
/// the topic changed.
using Fingerprints = std::map<std::string, std::string>;

class Changes {
  public:
    explicit Changes(pg::Pool& pool) : pool_(pool) {}

    /// At most a second old, whoever asks.
    awaitable<Fingerprints> now();

  private:
    pg::Pool& pool_;
    Fingerprints known_;
    std::chrono::steady_clock::time_point asked_{};
};

/// "jobs:1f,queues:2" and back; what isn't one is left out.
std::string format_fingerprints(const Fingerprints& fingerprints);
Fingerprints parse_fingerprints(std::string_view text);

/// The topics of `now` whose fingerprint isn't in `before`.
std::vector<std::string> changed_topics(const Fingerprints& before, const Fingerprints& now);

}  // namespace barid::api
