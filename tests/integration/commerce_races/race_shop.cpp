#include "tests/integration/commerce_races/race_shop.hpp"

#include <algorithm>
#include <filesystem>
#include <fstream>
#include <sstream>
#include <stdexcept>

namespace barid::races {
namespace {

std::string read(const std::filesystem::path& path) {
    std::ostringstream text;
    text << std::ifstream(path).rdbuf();
    if (text.str().empty()) throw std::runtime_error(path.string() + " is empty or missing");
    return text.str();
}

/// `sql` with every occurrence of the mutation's text replaced.
std::string mutated(std::string sql, const Mutation& mutation) {
    std::size_t at = sql.find(mutation.text);
    if (at == sql.npos) {
        throw std::runtime_error(mutation.file +
                                 " has no longer the text that is to be mutated: " + mutation.text);
    }
    for (; at != sql.npos; at = sql.find(mutation.text, at + mutation.replacement.size())) {
        sql.replace(at, mutation.text.size(), mutation.replacement);
    }
    return sql;
}

/// The files in the order of their numbers; the seed is left out, for the scenarios bring their own
/// rows.
std::vector<std::filesystem::path> shop_files() {
    std::vector<std::filesystem::path> files;
    for (const auto& entry : std::filesystem::directory_iterator(BARID_SHOP_DIR)) {
        const auto& path = entry.path();
        if (path.extension() == ".sql" && !path.filename().string().contains("seed")) {
            files.push_back(path);
        }
    }
    std::ranges::sort(files);
    return files;
}

}  // namespace

RaceShop::RaceShop(const std::vector<Mutation>& mutations) : sessions_(database_.url()) {
    for (const auto& path : shop_files()) {
        std::string sql = read(path);
        for (const Mutation& one : mutations) {
            if (path.filename() == one.file) sql = mutated(std::move(sql), one);
        }
        sessions_.execute(sql);
    }
    // What is only written down, in transactions that hold the locks that matter already.
    sessions_.barriers("shop", {"offers_touched", "order_history", "order_lines", "outbox",
                                "outbox_delivered", "placements"});
}

RaceShop::Findings RaceShop::run(const Scenario& scenario, bool first_only) {
    Findings findings;
    sessions_.execute(scenario.setup);
    sessions_.keep({"shop", "barid"});
    const auto judge = [&](const support::RaceRun& run) {
        std::string wrong = run.deadlocked() ? "a deadlock; " : "";
        wrong += sessions_.execute(
            "SELECT string_agg(v::text, '; ') FROM shop.violations() v HAVING count(*) > 0");
        if (const std::string said = scenario.judge(run, sessions_); !said.empty()) {
            wrong += (wrong.empty() ? "" : "; ") + said;
        }
        if (wrong.empty()) return true;
        findings.wrong.push_back(scenario.name + ": " + wrong + "\n" + run.told());
        return !first_only;
    };
    findings.report = sessions_.explore(
        scenario.sessions, [&] { sessions_.put_back(); }, judge, scenario.options);
    return findings;
}

std::vector<Scenario> all_scenarios() {
    std::vector<Scenario> all;
    for (auto part : {payment_scenarios, claim_scenarios, stock_scenarios, outbox_scenarios,
                      projection_scenarios}) {
        for (Scenario& one : part()) all.push_back(std::move(one));
    }
    return all;
}

const Scenario& scenario(const std::string& name) {
    static const std::vector<Scenario> all = all_scenarios();
    const auto at = std::ranges::find(all, name, &Scenario::name);
    if (at == all.end()) throw std::runtime_error("there is no scenario " + name);
    return *at;
}

int answers(const support::RaceRun& run, const std::string& answer) {
    return static_cast<int>(std::ranges::count(run.answers, answer));
}

}  // namespace barid::races
