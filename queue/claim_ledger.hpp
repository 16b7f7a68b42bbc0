// Which of this process's claims still have unsettled jobs. Pure; io thread only.
#pragma once

#include <map>
#include <string>
#include <vector>

namespace barid::queue {

class ClaimLedger {
  public:
    void opened(const std::string& claim_id, std::size_t jobs) { open_[claim_id] += jobs; }

    /// One job of the claim is settled; true when it was the last one.
    bool settled(const std::string& claim_id) {
        const auto at = open_.find(claim_id);
        if (at == open_.end() || --at->second > 0) return false;
        open_.erase(at);
        return true;
    }

    [[nodiscard]] std::vector<std::string> known() const {
        std::vector<std::string> ids;
        for (const auto& [id, count] : open_) ids.push_back(id);
        return ids;
    }
    [[nodiscard]] bool empty() const { return open_.empty(); }
    void clear() { open_.clear(); }

  private:
    std::map<std::string, std::size_t> open_;
};

}  // namespace barid::queue
