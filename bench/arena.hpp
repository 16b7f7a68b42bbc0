// Databases to measure in: a migrated template for each contender, a fresh clone for each run.
//
// A clone is dropped when its object dies; the templates when the arena does. One thread.
#pragma once

#include <set>
#include <string>

#include "bench/peers.hpp"

namespace barid::bench {

class Arena {
  public:
    /// `url`: a superuser's, on the server to measure.
    explicit Arena(std::string url) : url_(std::move(url)) {}
    ~Arena();
    Arena(const Arena&) = delete;
    Arena& operator=(const Arena&) = delete;

    class Database {
      public:
        Database(Arena& arena, const std::string& source);
        ~Database();
        Database(const Database&) = delete;
        Database& operator=(const Database&) = delete;
        [[nodiscard]] const std::string& url() const { return url_; }

      private:
        Arena& arena_;
        std::string name_;
        std::string url_;
    };

    Database fresh(const Contender& contender);

  private:
    friend class Database;
    void drop(const std::string& name) noexcept;

    std::string url_;
    std::set<std::string> templates_;
    int count_ = 0;
};

}  // namespace barid::bench
