#include "tests/fault/history/producers.hpp"

#include <fmt/format.h>
#include <poll.h>

#include <algorithm>

namespace barid::history {

using namespace std::chrono_literals;

Nanos monotonic_now() {
    return std::chrono::steady_clock::now().time_since_epoch().count();
}

void pause(const std::atomic<bool>& stop, std::chrono::milliseconds length) {
    const auto until = std::chrono::steady_clock::now() + length;
    while (!stop && std::chrono::steady_clock::now() < until) ::poll(nullptr, 0, 5);
}

/// One thread's worth.
class Producer {
  public:
    Producer(Producers& all, int number)
        : all_(all),
          number_(number),
          random_(all.seed_ + static_cast<std::uint64_t>(number) * 1000),
          session_(all.url_) {}

    void run() {
        while (!all_.stop_) {
            asked_.clear();
            if (number_ == 0)
                slow_transaction();
            else
                act();
            pause(all_.stop_, std::chrono::milliseconds(below(number_ == 0 ? 100 : 60)));
        }
    }

  private:
    int below(int n) { return static_cast<int>(random_() % static_cast<unsigned>(n)); }

    Enqueue& ask() {
        Enqueue& e = asked_.emplace_back();
        e.ref = fmt::format("r{}-{}", number_, ++refs_);
        e.began = monotonic_now();
        return e;
    }

    std::string payload(const Enqueue& e) {
        static constexpr const char* kEnds[] = {"done", "done", "done",  "done",   "done", "output",
                                                "nul",  "fail", "throw", "snooze", "retry"};
        return fmt::format(R"({{"ref": "{}", "ms": {}, "then": "{}", "times": {}, "to": "متجر"}})",
                           e.ref, below(50) == 0 ? 1500 + below(1500) : below(60),
                           kEnds[below(static_cast<int>(std::size(kEnds)))], 1 + below(2));
    }

    /// Runs it, and notes what became of all that was asked for in it.
    template <class Work>
    void transaction(bool explicit_one, bool roll_back, Work&& work) {
        Fate fate = roll_back ? Fate::rolled_back : Fate::committed;
        try {
            if (explicit_one) session_.query("BEGIN");
            work();
            if (explicit_one) session_.query(roll_back ? "ROLLBACK" : "COMMIT");
        } catch (const support::SqlError& e) {
            fate = outcome_is_open(e) && !roll_back ? Fate::unknown : Fate::rolled_back;
            if (!outcome_is_open(e)) {
                all_.surprise("a producer was refused: " + std::string(e.what()));
            }
            session_.close();
            pause(all_.stop_, 100ms);
        }
        all_.note(asked_, fate);
    }

    void enqueue(Enqueue& e, const Param& delay = {}, int max_attempts = 50) {
        const auto or_null = [](const std::string& s) { return s.empty() ? Param() : Param(s); };
        e.id = std::stoll(session_.value(
            "SELECT barid.enqueue('record', $1::jsonb, queue => $2, delay => $3::interval, "
            "max_attempts => $4::int, unique_key => $5, ordering_key => $6, limit_key => $7, "
            "after => $8::bigint[], on_parent_failure => $9)",
            {payload(e), e.queue, delay, std::to_string(max_attempts), or_null(e.unique_key),
             or_null(e.ordering_key), or_null(e.limit_key),
             e.after.empty() ? Param() : Param(fmt::format("{{{}}}", fmt::join(e.after, ","))),
             below(2) == 0 ? "run" : "cancel"}));
    }

    void limited() {
        transaction(false, false, [&] {
            Enqueue& e = ask();
            e.queue = "narrow";
            if (below(4) > 0) e.limit_key = fmt::format("shop-{}", below(5));
            enqueue(e);
        });
    }

    void flow() {
        transaction(true, below(5) == 0, [&] {
            std::vector<std::int64_t> parents;
            for (int i = 0; i < 2; ++i) {
                enqueue(ask());
                parents.push_back(asked_.back().id);
            }
            Enqueue& child = ask();
            child.after = parents;
            enqueue(child);
        });
    }

    /// The job that follows a batch is asked for, too: it must be there once.
    void batch() {
        transaction(false, false, [&] {
            std::string jobs;
            for (int i = 0; i < 4; ++i) {
                jobs += fmt::format(R"({}{{"kind": "record", "max_attempts": 50, "payload": {}}})",
                                    i == 0 ? "" : ",", payload(ask()));
            }
            const std::string last = fmt::format(
                R"({{"kind": "record", "max_attempts": 50, "payload": {}}})", payload(ask()));
            session_.query("SELECT barid.enqueue_batch($1::jsonb, on_finished => $2::jsonb)",
                           {"[" + jobs + "]", last});
        });
    }

    std::string ordering_key() {
        return below(2) == 0 ? fmt::format("own-{}-{}", number_, below(3))
                             : fmt::format("shared-{}", below(4));
    }

    void act() {
        const int what = below(100);
        if (what < 25) {
            transaction(false, false, [&] { enqueue(ask()); });
        } else if (what < 35) {
            transaction(false, false,
                        [&] { enqueue(ask(), fmt::format("{} milliseconds", below(3000))); });
        } else if (what < 50) {
            transaction(false, false, [&] {
                Enqueue& e = ask();
                e.ordering_key = ordering_key();
                enqueue(e);
            });
        } else if (what < 62) {
            transaction(false, false, [&] {
                Enqueue& e = ask();
                e.unique_key = fmt::format("u{}", below(6));
                enqueue(e);
            });
        } else if (what < 72) {
            several();
        } else if (what < 80) {
            bulk();
        } else if (what < 86) {
            raw_insert();
        } else if (what < 92) {
            limited();
        } else if (what < 95) {
            flow();
        } else if (what < 97) {
            batch();
        } else {
            transaction(false, false, [&] { enqueue(ask(), {}, 1 + below(3)); });
        }
    }

    void several() {
        transaction(true, below(3) == 0, [&] {
            const int count = 2 + below(3);
            for (int i = 0; i < count; ++i) {
                Enqueue& e = ask();
                if (below(3) == 0) e.ordering_key = ordering_key();
                enqueue(e);
            }
            pause(all_.stop_, std::chrono::milliseconds(below(300)));
        });
    }

    /// Commits what the workers' cursors have long passed.
    void slow_transaction() {
        transaction(true, below(4) == 0, [&] {
            for (int i = 0; i < 3; ++i) enqueue(ask());
            Enqueue& keyed = ask();
            keyed.ordering_key = ordering_key();
            enqueue(keyed);
            pause(all_.stop_, std::chrono::milliseconds(500 + below(5000)));
        });
    }

    void bulk() {
        transaction(false, false, [&] {
            std::string jobs;
            const int count = 5 + below(20);
            for (int i = 0; i < count; ++i) {
                const Enqueue& e = ask();
                jobs += fmt::format(R"({}{{"kind": "record", "max_attempts": 50, "payload": {}}})",
                                    i == 0 ? "" : ",", payload(e));
            }
            const auto ids =
                session_.query("SELECT barid.enqueue_many($1::jsonb)", {"[" + jobs + "]"});
            for (std::size_t i = 0; i < ids.size(); ++i) asked_[i].id = std::stoll(ids[i][0]);
        });
    }

    void raw_insert() {
        const bool roll_back = below(4) == 0;
        transaction(true, roll_back, [&] {
            Enqueue& e = ask();
            const bool keyed = below(2) == 0;
            if (keyed) e.ordering_key = ordering_key();
            e.id = std::stoll(
                session_.value("INSERT INTO barid.job (kind, payload, ordering_key, max_attempts) "
                               "VALUES ('record', $1::jsonb, $2, 50) RETURNING id",
                               {payload(e), keyed ? Param(e.ordering_key) : Param()}));
        });
    }

    Producers& all_;
    int number_;
    std::mt19937_64 random_;
    Session session_;
    std::vector<Enqueue> asked_;
    int refs_ = 0;
};

void Producers::start(int threads) {
    for (int i = 0; i < threads; ++i) {
        threads_.emplace_back([this, i] { Producer(*this, i).run(); });
    }
}

void Producers::stop() {
    stop_ = true;
    for (std::thread& thread : threads_) thread.join();
    threads_.clear();
}

void Producers::note(std::vector<Enqueue>& asked, Fate fate) {
    const Nanos now = monotonic_now();
    const std::scoped_lock lock(mutex_);
    for (Enqueue& e : asked) {
        e.fate = fate;
        e.answered = now;
        done_.push_back(std::move(e));
    }
    asked.clear();
}

void Producers::surprise(const std::string& what) {
    const std::scoped_lock lock(mutex_);
    if (surprises_.size() < 20) surprises_.push_back(what);
}

std::int64_t Producers::recent_id(std::mt19937_64& random) {
    const std::scoped_lock lock(mutex_);
    if (done_.empty()) return 0;
    const std::size_t recent = std::min<std::size_t>(done_.size(), 60);
    return done_[done_.size() - 1 - random() % recent].id;
}

}  // namespace barid::history
