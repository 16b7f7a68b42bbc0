// What attempts leave and find, in the database: lines go through the settler, checkpoints and
// parents' outputs through the pool. Fenced by the claim. Io thread only; must outlive the
// executor's handlers.
#pragma once

#include "jobs/context.hpp"
#include "queue/pg/pool.hpp"
#include "queue/settler.hpp"

namespace barid::worker {

class DatabaseRecords : public jobs::JobRecords {
  public:
    DatabaseRecords(pg::Pool& pool, queue::Settler& settler) : pool_(pool), settler_(settler) {}

    void note(const queue::Job& job, const std::string& line) override;
    awaitable<void> checkpoint(const queue::Job& job, std::string state) override;
    awaitable<std::optional<json::value>> last_checkpoint(const queue::Job& job) override;
    awaitable<std::vector<jobs::ParentOutput>> parent_outputs(const queue::Job& job) override;

  private:
    pg::Pool& pool_;
    queue::Settler& settler_;
};

}  // namespace barid::worker
