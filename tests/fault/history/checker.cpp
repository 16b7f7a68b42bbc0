#include "tests/fault/history/checker.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <limits>

namespace barid::history {
namespace {

/// A run with the span in which it counted.
struct Span {
    const Run* run;
    Nanos from;
    Nanos to;
};

/// One job: what was asked, what ran, how it ended.
struct Story {
    const Enqueue* asked = nullptr;  ///< nothing for jobs that no producer asked for by name
    const Final* final = nullptr;
    std::vector<Span> spans;  ///< by start
};

class Checker {
  public:
    explicit Checker(const History& history) : h_(history) {}

    Verdict run() {
        gather();
        every_enqueue_has_one_end();
        ends_follow_from_runs();
        for (const Run& run : h_.runs) starts_under_its_lease(run);
        for (const auto& [id, story] : stories_) {
            never_twice_at_once(id, story);
            never_again_after_success(id, story);
            attempts_are_bounded(id, story);
            parents_came_first(id, story);
        }
        keys_are_in_order();
        unique_keys_are_unique();
        for (const Limit& limit : h_.limits) limits_hold(limit);
        nothing_is_left();
        for (const std::string& surprise : h_.surprises) object("{}", surprise);
        return std::move(verdict_);
    }

  private:
    template <class... Args>
    void object(fmt::format_string<const Args&...> format, const Args&... args) {
        verdict_.problems.push_back(fmt::format(format, args...));
    }

    Span span_of(const Run& run) const {
        Nanos to = run.ended.value_or(std::numeric_limits<Nanos>::max());
        const auto lease = h_.leases.find(run.lease);
        if (lease != h_.leases.end()) to = std::min(to, lease->second.until);
        const auto killed = h_.killed.find(run.worker);
        if (killed != h_.killed.end()) to = std::min(to, killed->second);
        return {&run, run.started, to};
    }

    void gather() {
        for (const Final& final : h_.finals) {
            if (!stories_[final.id].final) stories_[final.id].final = &final;
            if (!final.ref.empty() && final.origin == 0) by_ref_[final.ref].push_back(&final);
        }
        for (const Run& run : h_.runs) {
            stories_[run.job].spans.push_back(span_of(run));
            ran_.insert(run.ref);
            ++verdict_.runs;
            if (!run.ended) ++verdict_.cut_short;
        }
        for (const Enqueue& enqueue : h_.enqueues) {
            const auto own = by_ref_.find(enqueue.ref);
            if (own != by_ref_.end()) stories_[own->second.front()->id].asked = &enqueue;
        }
        for (auto& [id, story] : stories_) {
            std::ranges::sort(story.spans, {}, &Span::from);
            if (story.spans.size() > 1) verdict_.rerun += static_cast<long>(story.spans.size()) - 1;
        }
    }

    void every_enqueue_has_one_end() {
        for (const Enqueue& e : h_.enqueues) {
            const auto own = by_ref_.find(e.ref);
            const std::size_t ends = own == by_ref_.end() ? 0 : own->second.size();
            if (ends > 1) object("job {} has {} final states", e.ref, ends);
            if (ends == 1 && !finished(*own->second.front())) {
                object("job {} ({}) is still {}", e.ref, own->second.front()->id,
                       own->second.front()->state);
            }
            switch (e.fate) {
                case Fate::committed:
                    ++verdict_.committed;
                    if (ends == 0) stands_for_another_or_is_lost(e);
                    break;
                case Fate::rolled_back:
                    ++verdict_.rolled_back;
                    if (ends > 0 || ran_.contains(e.ref)) {
                        object("job {} was rolled back and is there", e.ref);
                    }
                    break;
                case Fate::unknown:
                    ++verdict_.unknown;
                    if (ends == 0 && ran_.contains(e.ref)) {
                        object("job {} ran and has no final state", e.ref);
                    }
            }
        }
    }

    void stands_for_another_or_is_lost(const Enqueue& e) {
        const auto other = stories_.find(e.id);
        const bool stands = !e.unique_key.empty() && !ran_.contains(e.ref) &&
                            other != stories_.end() && other->second.final != nullptr;
        if (stands)
            ++verdict_.deduplicated;
        else
            object("job {} ({}) was committed and is lost", e.ref, e.id);
    }

    static bool finished(const Final& f) {
        return f.state == "completed" || f.state == "failed" || f.state == "cancelled";
    }

    void ends_follow_from_runs() {
        for (const Final& f : h_.finals) {
            if (f.state != "completed") continue;
            const bool seen = std::ranges::any_of(stories_[f.id].spans, [&](const Span& s) {
                return s.run->how == "done" && s.run->claim == f.claim;
            });
            if (!seen) object("job {} is completed by a claim under which no run ended", f.id);
        }
    }

    void starts_under_its_lease(const Run& run) {
        const auto lease = h_.leases.find(run.lease);
        if (lease != h_.leases.end() && lease->second.until < run.started) {
            object("job {} was started on {} {} ms after its lease had ended", run.job, run.worker,
                   (run.started - lease->second.until) / 1'000'000);
        }
    }

    /// A server crash forgot the first claim: the second one counts the same attempt.
    bool forgotten(const Span& first, const Span& second, const Story& story) {
        if (story.asked != nullptr &&
            (!story.asked->ordering_key.empty() || limited(story.asked->queue))) {
            return false;
        }
        const bool crashed =
            std::ranges::any_of(h_.crashes, [&](const Crash& c) { return c.down < second.from; });
        return crashed && first.run->attempt == second.run->attempt;
    }

    bool limited(const std::string& queue) const {
        return std::ranges::find(h_.limits, queue, &Limit::queue) != h_.limits.end();
    }

    void never_twice_at_once(std::int64_t id, const Story& story) {
        for (std::size_t i = 0; i + 1 < story.spans.size(); ++i) {
            const std::string& how = story.spans[i].run->how;
            const bool given_back = how == "snoozed" || how == "stopped";
            if (!given_back && forgotten(story.spans[i], story.spans[i + 1], story)) {
                ++verdict_.forgotten;
            }
        }
        for (std::size_t i = 0; i < story.spans.size(); ++i) {
            for (std::size_t k = i + 1; k < story.spans.size(); ++k) {
                const Span& a = story.spans[i];
                const Span& b = story.spans[k];
                if (b.from >= a.to || b.to <= b.from) continue;
                if (forgotten(a, b, story)) continue;
                object(
                    "job {} ran twice at once: attempt {} on {} until {}, attempt {} on {} "
                    "from {}",
                    id, a.run->attempt, a.run->worker, a.to, b.run->attempt, b.run->worker, b.from);
            }
        }
    }

    /// While its lease goes on, the outcome of a run that succeeded is written sooner or later.
    void never_again_after_success(std::int64_t id, const Story& story) {
        if (h_.retried.contains(id)) return;
        for (std::size_t i = 0; i + 1 < story.spans.size(); ++i) {
            const Span& a = story.spans[i];
            const Span& b = story.spans[i + 1];
            const auto lease = h_.leases.find(a.run->lease);
            if (a.run->how != "done" || lease == h_.leases.end() || b.to <= b.from) continue;
            const auto killed = h_.killed.find(a.run->worker);
            const bool held = lease->second.until >= b.from &&
                              (killed == h_.killed.end() || killed->second >= b.from);
            if (held && !forgotten(a, b, story)) {
                object("job {} succeeded on {} and ran again on {} under a live lease", id,
                       a.run->worker, b.run->worker);
            }
        }
    }

    void attempts_are_bounded(std::int64_t id, const Story& story) {
        const Final* f = story.final;
        if (f == nullptr) return;
        if (f->attempt > f->max_attempts) {
            object("job {} ended at attempt {} of {}", id, f->attempt, f->max_attempts);
        }
        for (const Span& s : story.spans) {
            if (s.run->attempt < 1 || s.run->attempt > f->max_attempts) {
                object("job {} ran as attempt {} of {}", id, s.run->attempt, f->max_attempts);
            }
        }
    }

    void parents_came_first(std::int64_t id, const Story& story) {
        if (story.asked == nullptr || story.spans.empty()) return;
        for (const std::int64_t parent : story.asked->after) {
            const auto at = stories_.find(parent);
            if (at == stories_.end() || h_.retried.contains(parent)) continue;
            for (const Span& s : at->second.spans) {
                if (s.to > story.spans.front().from) {
                    object("job {} started before its parent {} had ended", id, parent);
                    break;
                }
            }
        }
    }

    /// Of one key's jobs, those that one producer had seen committed before it asked for the
    /// next; ids decide between others, and nobody but the database knows them in time.
    void keys_are_in_order() {
        std::map<std::string, std::vector<const Story*>> keys;
        for (const auto& [id, story] : stories_) {
            if (story.asked == nullptr || story.asked->ordering_key.empty()) continue;
            if (story.spans.empty() || h_.retried.contains(id)) continue;
            keys[story.asked->ordering_key].push_back(&story);
        }
        for (auto& [key, jobs] : keys) {
            for (std::size_t i = 0; i < jobs.size(); ++i) {
                for (std::size_t k = 0; k < jobs.size(); ++k) {
                    if (i != k) in_order(key, *jobs[i], *jobs[k]);
                }
            }
        }
    }

    void in_order(const std::string& key, const Story& a, const Story& b) {
        for (const Span& x : a.spans) {
            for (const Span& y : b.spans) {
                if (x.to <= y.from || y.to <= x.from) continue;
                object("key {}: {} and {} ran at the same time", key, a.asked->ref, b.asked->ref);
                return;
            }
        }
        // The first must have ended for good before the second starts at all.
        const bool knew = a.asked->answered < b.asked->began && a.asked->fate == Fate::committed;
        if (knew && std::ranges::max(a.spans, {}, &Span::to).to > b.spans.front().from) {
            object("key {}: {} started before {} had ended, which came first", key, b.asked->ref,
                   a.asked->ref);
        }
    }

    void unique_keys_are_unique() {
        struct Held {
            Nanos from;
            Nanos to;
            const std::string* ref;
        };
        std::map<std::pair<std::string, std::string>, std::vector<Held>> keys;
        for (const auto& [id, story] : stories_) {
            if (story.asked == nullptr || story.asked->unique_key.empty()) continue;
            if (story.spans.empty() || h_.retried.contains(id)) continue;
            keys[{story.asked->queue, story.asked->unique_key}].push_back(
                {story.spans.front().from, std::ranges::max(story.spans, {}, &Span::to).to,
                 &story.asked->ref});
        }
        for (auto& [key, held] : keys) {
            std::ranges::sort(held, {}, &Held::from);
            for (std::size_t i = 0; i + 1 < held.size(); ++i) {
                if (held[i + 1].from < held[i].to) {
                    object("unique key {}: {} and {} were there at once", key.second, *held[i].ref,
                           *held[i + 1].ref);
                }
            }
        }
    }

    void limits_hold(const Limit& limit) {
        std::map<std::string, std::vector<std::pair<Nanos, int>>> scopes;
        for (const auto& [id, story] : stories_) {
            const bool here = story.asked != nullptr && story.asked->queue == limit.queue;
            if (!here) continue;
            for (const Span& s : story.spans) {
                if (s.to <= s.from) continue;
                for (const std::string& scope : {std::string(), story.asked->limit_key}) {
                    scopes[scope].emplace_back(s.from, 1);
                    scopes[scope].emplace_back(s.to, -1);
                    if (story.asked->limit_key.empty()) break;
                }
            }
        }
        for (auto& [scope, edges] : scopes) {
            const int most = scope.empty() ? limit.concurrency : limit.key_concurrency;
            if (most == 0) continue;
            std::ranges::sort(edges);  // an end comes before a start of the same time
            int now = 0;
            int peak = 0;
            for (const auto& [at, change] : edges) peak = std::max(peak, now += change);
            if (peak > most) {
                object("queue {}, limit key '{}': {} ran at once, {} may", limit.queue, scope, peak,
                       most);
            }
        }
    }

    void nothing_is_left() {
        for (const auto& [table, rows] : h_.left) {
            if (rows != 0) object("{} rows are left in {}", rows, table);
        }
    }

    const History& h_;
    Verdict verdict_;
    std::map<std::int64_t, Story> stories_;
    std::map<std::string, std::vector<const Final*>> by_ref_;
    std::set<std::string> ran_;
};

}  // namespace

Verdict check(const History& history) {
    return Checker(history).run();
}

std::string summary(const Verdict& v) {
    return fmt::format(
        "{} committed ({} stood for another), {} rolled back, {} unknown; {} runs, {} of them "
        "again, {} cut short; {} claims forgotten in crashes; {} problems",
        v.committed, v.deduplicated, v.rolled_back, v.unknown, v.runs, v.rerun, v.cut_short,
        v.forgotten, v.problems.size());
}

}  // namespace barid::history
