#include "tests/fault/history/history.hpp"

#include <sstream>
#include <stdexcept>
#include <utility>

namespace barid::history {
namespace {

using RunKey = std::pair<std::int64_t, std::string>;

class Reader {
  public:
    explicit Reader(History& history) : history_(history) {}

    void line(const std::string& text) {
        std::istringstream in(text);
        std::string tag;
        std::string worker;
        in >> tag >> worker;
        if (tag == "B")
            lease(in, worker);
        else if (tag == "S")
            start(in, worker);
        else if (tag == "E")
            end(in);
        else if (tag == "K")
            in >> history_.killed[worker];
        else
            in.setstate(std::ios::failbit);
        if (in.fail()) throw std::runtime_error("the log has a line that makes no sense: " + text);
    }

  private:
    void lease(std::istream& in, const std::string& worker) {
        std::int64_t id = 0;
        Nanos until = 0;
        in >> id >> until;
        Lease& known = history_.leases[id];
        known.worker = worker;
        known.until = std::max(known.until, until);
    }

    void start(std::istream& in, const std::string& worker) {
        Run run;
        run.worker = worker;
        in >> run.lease >> run.job >> run.attempt >> run.claim >> run.ref >> run.started;
        open_[{run.job, run.claim}] = history_.runs.size();
        history_.runs.push_back(std::move(run));
    }

    void end(std::istream& in) {
        RunKey key;
        std::string how;
        Nanos at = 0;
        in >> key.first >> key.second >> how >> at;
        const auto run = open_.find(key);
        if (run == open_.end()) {
            in.setstate(std::ios::failbit);
            return;
        }
        history_.runs[run->second].ended = at;
        history_.runs[run->second].how = how;
        open_.erase(run);
    }

    History& history_;
    std::map<RunKey, std::size_t> open_;
};

}  // namespace

void read_log(std::string_view text, History& history) {
    Reader reader(history);
    while (true) {
        const auto end = text.find('\n');
        if (end == std::string_view::npos) return;
        reader.line(std::string(text.substr(0, end)));
        text.remove_prefix(end + 1);
    }
}

}  // namespace barid::history
