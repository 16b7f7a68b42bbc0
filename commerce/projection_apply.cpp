#include "commerce/projection_apply.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <functional>
#include <optional>
#include <set>
#include <string_view>
#include <unordered_set>

#include "base/error.hpp"
#include "base/text.hpp"
#include "commerce/projection_session.hpp"
#include "commerce/shop.hpp"

namespace barid::commerce {
namespace {

using Places = std::vector<std::size_t>;

struct Version {
    std::string part;  ///< active, building or kept
    int number = 0;
};

/// The key of an event in the inbox.
std::string inbox_key(const ProjectionEvent& event) {
    return event.stream.empty() ? event.event_id : event.stream + ":" + event.event_id;
}

/// A missing function, a missing right: no event can be applied before somebody has mended it, and
/// none is to blame.
bool is_the_configurations(const pg::Error& error) {
    return error.sqlstate().starts_with("42");
}

/// What one version said to some events.
struct Answers {
    std::int64_t applied = 0;
    std::int64_t stale = 0;
    std::int64_t ignored = 0;
};

class Application {
  public:
    Application(pg::Transaction& transaction, ProjectionTarget target,
                std::vector<ProjectionEvent> events)
        : transaction_(transaction), target_(std::move(target)), events_(std::move(events)) {}

    awaitable<Applied> run() {
        if (events_.empty()) co_return std::move(result_);
        co_await read_versions();
        Places all(events_.size());
        for (std::size_t i = 0; i < all.size(); ++i) all[i] = i;
        // Nearly always all of them go in at once. When one can't, each is tried alone, so that
        // the others aren't held up by it.
        if (co_await attempt(all)) co_await apply_singly();
        for (const Version& version : versions_) {
            if (version.part != "active") co_await apply_beside(version);
        }
        co_return std::move(result_);
    }

  private:
    awaitable<void> read_versions() {
        const pg::Result rows = co_await transaction_.execute(
            "SELECT part, version FROM barid.projection_versions($1)", pg::Params(target_.name));
        for (const auto& row : rows) {
            versions_.push_back({std::string(row.text(0)), row.get<int>(1)});
        }
    }

    /// Takes the events and applies those that are new to the version that is read. What made it
    /// impossible, after undoing it, or nothing.
    awaitable<std::optional<std::string>> attempt(Places places) {
        co_await transaction_.execute("SAVEPOINT barid_apply");
        std::optional<std::string> problem;
        try {
            Places fresh = co_await take(places);
            const Answers said = co_await call(versions_.front(), fresh);
            result_.applied += said.applied;
            result_.stale += said.stale;
            result_.ignored += said.ignored;
            result_.duplicate += static_cast<std::int64_t>(places.size() - fresh.size());
            std::ranges::copy(fresh, std::back_inserter(fresh_));
        } catch (const pg::Error& error) {
            if (error.transient() || is_the_configurations(error)) throw;
            problem = error.what();
        } catch (const Error& error) {
            problem = error.what();
        }
        co_await transaction_.execute(problem ? "ROLLBACK TO SAVEPOINT barid_apply"
                                              : "RELEASE SAVEPOINT barid_apply");
        co_return problem;
    }

    awaitable<void> apply_singly() {
        std::set<std::pair<std::string, std::string>> broken;
        for (std::size_t i = 0; i < events_.size(); ++i) {
            const auto aggregate = std::pair(events_[i].aggregate_type, events_[i].aggregate_id);
            if (broken.contains(aggregate)) {
                result_.held.push_back(i);
                continue;
            }
            if (auto problem = co_await attempt({i})) {
                broken.insert(aggregate);
                result_.failed.push_back({i, std::move(*problem)});
            }
        }
    }

    /// The places of the events that the inbox didn't know; the first of those with the same id.
    awaitable<Places> take(const Places& places) {
        pg::ArrayBuilder ids;
        for (const std::size_t i : places) ids.add(inbox_key(events_[i]));
        const pg::Result rows =
            co_await transaction_.execute("SELECT barid.projection_take($1, $2::text[])",
                                          pg::Params(target_.name, std::move(ids)));
        std::unordered_set<std::string> taken;
        for (const auto& row : rows) taken.emplace(row.text(0));
        Places fresh;
        for (const std::size_t i : places) {
            if (taken.erase(inbox_key(events_[i])) > 0) fresh.push_back(i);
        }
        co_return fresh;
    }

    /// The versions that nobody reads get the same events. One that can't take them is left
    /// behind: it must not keep the one that is read from going on.
    awaitable<void> apply_beside(Version version) {
        if (fresh_.empty()) co_return;
        co_await transaction_.execute("SAVEPOINT barid_beside");
        std::optional<std::string> problem;
        try {
            co_await call(version, fresh_);
        } catch (const Error& error) {
            if (error.transient()) throw;
            problem = error.what();
        }
        if (!problem) {
            co_await transaction_.execute("RELEASE SAVEPOINT barid_beside");
            co_return;
        }
        co_await transaction_.execute("ROLLBACK TO SAVEPOINT barid_beside");
        co_await transaction_.execute("SELECT barid.projection_leave_behind($1, $2::int, $3)",
                                      pg::Params(target_.name, version.number, *problem));
    }

    awaitable<Answers> call(Version version, Places places) {
        Answers said;
        if (places.empty()) co_return said;
        co_await enter_shop(transaction_, target_.role, version.part != "active");
        const pg::Result rows =
            co_await transaction_.execute(statement(), parameters(version, places));
        co_await leave_shop(transaction_);
        for (const auto& row : rows) {
            const std::string_view answer = row.text(0);
            if (answer == "APPLIED") {
                said.applied += row.get<std::int64_t>(1);
            } else if (answer == "STALE") {
                said.stale += row.get<std::int64_t>(1);
            } else if (answer == "IGNORED") {
                said.ignored += row.get<std::int64_t>(1);
            } else {
                throw Error(Error::Retry::permanent,
                            fmt::format("{}.projection_apply answered {}, which the contract "
                                        "doesn't know",
                                        target_.schema, json_quote(truncate_utf8(answer, 80))));
            }
        }
        co_return said;
    }

    /// One statement for all events, in their order: the subquery sorts, the function stands in
    /// what is selected from it.
    [[nodiscard]] std::string statement() const {
        return fmt::format(R"(
SELECT answer, count(*) FROM (
    SELECT {}.projection_apply($1, $2::int, e.id, e.type, e.aggregate, e.version, e.event,
                               e.payload::jsonb) AS answer
    FROM (SELECT * FROM unnest($3::text[], $4::text[], $5::text[], $6::bigint[], $7::text[],
                               $8::text[]) WITH ORDINALITY
              AS e(id, type, aggregate, version, event, payload, place)
          ORDER BY e.place OFFSET 0) e OFFSET 0) a
GROUP BY answer)",
                           quoted(target_.schema));
    }

    [[nodiscard]] pg::Params parameters(const Version& version, const Places& places) const {
        pg::ArrayBuilder ids;
        pg::ArrayBuilder types;
        pg::ArrayBuilder aggregates;
        pg::ArrayBuilder versions;
        pg::ArrayBuilder events;
        pg::ArrayBuilder payloads;
        for (const std::size_t i : places) {
            const ProjectionEvent& event = events_[i];
            ids.add(event.event_id);
            types.add(event.aggregate_type);
            aggregates.add(event.aggregate_id);
            versions.add(event.aggregate_version);
            events.add(event.event_type);
            payloads.add(event.payload);
        }
        pg::Params params(target_.name, version.number);
        for (auto* array : {&ids, &types, &aggregates, &versions, &events, &payloads}) {
            params.add(std::move(*array));
        }
        return params;
    }

    pg::Transaction& transaction_;
    const ProjectionTarget target_;
    const std::vector<ProjectionEvent> events_;
    std::vector<Version> versions_;
    Places fresh_;  ///< applied to the version that is read
    Applied result_;
};

}  // namespace

awaitable<Applied> apply_events(pg::Transaction& transaction, ProjectionTarget target,
                                std::vector<ProjectionEvent> events) {
    Application application(transaction, std::move(target), std::move(events));
    co_return co_await application.run();
}

}  // namespace barid::commerce
