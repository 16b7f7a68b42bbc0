// `barid translate cost | providers | resume`: what the translation providers were given, and
// whether they rest.
#include <fmt/format.h>

#include <cstdio>
#include <memory>

#include "base/json.hpp"
#include "base/text.hpp"
#include "worker/command_line_state.hpp"
#include "worker/command_session.hpp"
#include "worker/commands.hpp"
#include "worker/table.hpp"

namespace barid::worker {

void CommandLine::State::add_translate_cost(CLI::App& group) {
    const auto days = std::make_shared<int>(30);
    add_json(
        add(group, "cost", "what the providers were sent, by day, and what it may cost",
            [this, days](const config::Settings& s) { return run_translate_cost(s, *days, json); }))
        ->add_option("--days", *days, "how many, with today; 30 unless given")
        ->check(CLI::Range(1, 401));
    add_json(add(group, "providers", "today's share of each budget, and who rests and why",
                 [this](const config::Settings& s) { return run_translate_providers(s, json); }));
    const auto name = std::make_shared<std::string>();
    add_json(add(group, "resume", "ask a provider again at once, after it was mended",
                 [this, name](const config::Settings& s) {
                     return run_translate_resume(s, *name, json);
                 }))
        ->add_option("PROVIDER", *name, "such as deepl")
        ->required();
}

int run_translate_cost(const config::Settings& settings, int days, bool json) {
    CommandSession session(settings);
    const pg::Result rows = session.run(session.pool.execute(
        R"(SELECT day, provider, requests, texts, characters, errors, cost
           FROM barid.translation_cost WHERE day > barid.translation_today() - $1::int
           ORDER BY day DESC, provider)",
        pg::Params(days)));
    print_result(rows, json);
    if (json) return static_cast<int>(Exit::ok);
    const pg::Result total = session.run(session.pool.execute(
        R"(SELECT coalesce(sum(characters), 0)::bigint, coalesce(sum(cost), 0)::numeric(20, 2)::text
           FROM barid.translation_cost WHERE day > barid.translation_today() - $1::int)",
        pg::Params(days)));
    fmt::print("{} characters in {} days, estimated cost {}\n", total.one().get<std::int64_t>(0),
               days, total.one().text(1));
    return static_cast<int>(Exit::ok);
}

int run_translate_providers(const config::Settings& settings, bool json) {
    CommandSession session(settings);
    print_result(session.run(session.pool.execute(
                     R"(SELECT provider, characters_today, daily_characters, paused, paused_until,
                               pause_kind, pause_reason
                        FROM barid.translation_providers ORDER BY provider)")),
                 json);
    return static_cast<int>(Exit::ok);
}

int run_translate_resume(const config::Settings& settings, const std::string& name, bool json) {
    CommandSession session(settings);
    const bool done = session
                          .run(session.pool.execute("SELECT barid.resume_translation_provider($1)",
                                                    pg::Params(name)))
                          .one()
                          .get<bool>(0);
    if (json) {
        fmt::print("{{\"provider\":{},\"done\":{}}}\n", json_quote(scrub_utf8(name)), done);
    } else if (done) {
        fmt::print("{} is asked again\n", printable(name));
    } else {
        fmt::print(stderr, "barid: {} does not rest\n", printable(name));
    }
    return static_cast<int>(done ? Exit::ok : Exit::failed);
}

}  // namespace barid::worker
