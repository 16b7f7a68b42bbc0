// `barid translate backfill` and `backfills`, and where the group's commands are put together.
#include <fmt/format.h>

#include <cstdio>
#include <memory>

#include "base/json.hpp"
#include "worker/command_line_state.hpp"
#include "worker/command_session.hpp"
#include "worker/command_values.hpp"
#include "worker/table.hpp"
#include "worker/translate_command.hpp"

namespace barid::worker {
namespace {

const char* const kActor = "who; the database's user unless given";

std::string wrong_id(const std::string& text, const char* of) {
    if (id_problem(text).empty()) return "";
    return fmt::format("\"{}\" is no {}'s id", printable(text), of);
}
std::string review_problem(const std::string& text) {
    return wrong_id(text, "review");
}
std::string backfill_problem(const std::string& text) {
    return wrong_id(text, "backfill");
}

}  // namespace

CLI::App& CommandLine::State::translate_group() {
    if (translate == nullptr) {
        translate = app.add_subcommand("translate", "texts: review, status, whole tables");
        translate->require_subcommand(1);
    }
    return *translate;
}

void CommandLine::State::add_translate() {
    CLI::App& group = translate_group();
    add_translate_review(group);
    add_translate_cost(group);
    const auto entity = std::make_shared<std::pair<std::string, std::string>>();
    CLI::App* sub =
        add_json(add(group, "status", "counts; or every text of one entity",
                     [this, entity](const config::Settings& s) {
                         return run_translate_status(s, entity->first, entity->second, json);
                     }));
    sub->add_option("ENTITY_TYPE", entity->first);
    sub->add_option("ENTITY_ID", entity->second);

    const auto wish = std::make_shared<TranslateSetArguments>();
    sub = add_json(add(group, "set", "a person's text for one field; no machine replaces it",
                       [this, wish](const config::Settings& s) {
                           wish->json = json;
                           return run_translate_set(s, *wish);
                       }));
    sub->add_option("ENTITY_TYPE", wish->entity_type)->required();
    sub->add_option("ENTITY_ID", wish->entity_id)->required();
    sub->add_option("FIELD", wish->field)->required();
    sub->add_option("LANG", wish->lang)->required()->check(CLI::IsMember({"en", "ar"}));
    sub->add_option("TEXT", wish->text, "- reads it from standard input")->required();
    sub->add_option("--source-text", wish->source_text, "what it was translated from");
    sub->add_option("--format", wish->format)->check(CLI::IsMember({"text", "html"}));
    sub->add_option("--actor", wish->actor, kActor);

    const auto whole = std::make_shared<TranslateBackfillArguments>();
    sub = add_json(add(group, "backfill", "translate what is not current in an attached table",
                       [this, whole](const config::Settings& s) {
                           whole->json = json;
                           return run_translate_backfill(s, *whole);
                       }));
    CLI::Option* table = sub->add_option("TABLE", whole->name, "such as product or shop.product");
    sub->add_option("--entity-type", whole->name, "instead")->excludes(table);
    sub->add_flag("--preview", whole->preview, "only count what would be done");
    sub->add_option("--ahead", whole->ahead, "jobs that may be under way at once")
        ->check(CLI::Range(1, 10'000));
    sub->add_option("--queue", whole->queue, "the attached table's unless given")
        ->check(name_problem);
    sub->add_option("--actor", whole->actor, kActor);

    CLI::App& runs = *group.add_subcommand("backfills", "those that run or ran");
    runs.require_subcommand(1);
    const auto limit = std::make_shared<int>(20);
    add_json(add(runs, "list", "progress and the estimated end",
                 [this, limit](const config::Settings& s) {
                     return run_backfills_list(s, *limit, json);
                 }))
        ->add_option("--limit", *limit)
        ->check(CLI::Range(1, 500));
    const auto chosen = std::make_shared<std::pair<std::int64_t, std::string>>();
    const auto act = [&](const char* action, const char* does) {
        CLI::App* one =
            add_json(add(runs, action, does, [this, chosen, action](const config::Settings& s) {
                return run_backfills_action(s, action, chosen->first, chosen->second, json);
            }));
        one->add_option("ID", chosen->first)->required()->check(backfill_problem);
        one->add_option("--actor", chosen->second, kActor);
    };
    act("pause", "make no more jobs");
    act("resume", "go on where it rests");
    act("cancel", "make no more jobs, cancel those under way");
}

void CommandLine::State::add_translate_review(CLI::App& parent) {
    CLI::App& group = *parent.add_subcommand("review", "what waits for a person");
    group.require_subcommand(1);
    const auto wish = std::make_shared<ReviewArguments>();
    const auto make = [&](const char* name, const char* what,
                          int (*run)(const config::Settings&, const ReviewArguments&)) {
        return add_json(add(group, name, what, [this, wish, run](const config::Settings& s) {
            wish->json = json;
            return run(s, *wish);
        }));
    };
    const auto filtered = [&](CLI::App* sub) {
        sub->add_option("--reason", wish->reason, "such as placeholders or human_text_stale");
        sub->add_option("--lang", wish->lang, "of the translation")
            ->check(CLI::IsMember({"en", "ar"}));
        sub->add_option("--entity-type", wish->entity_type);
        sub->add_option("--limit", wish->limit)->check(CLI::Range(1, 1000));
    };
    CLI::App* sub =
        make("list", "reviews, the oldest first, and how many of which reason", run_review_list);
    filtered(sub);
    sub->add_option("--state", wish->state, "open unless given")
        ->check(CLI::IsMember({"open", "approved", "rejected", "superseded", "all"}));
    make("show", "one review with its whole texts", run_review_show)
        ->add_option("ID", wish->id)
        ->required()
        ->check(review_problem);
    sub = make("accept", "publish the suggestion: of these, or of a reason", run_review_accept);
    sub->add_option("ID", wish->ids)->check(review_problem);
    filtered(sub);
    sub->add_option("--actor", wish->actor, kActor);
    sub = make("edit", "publish a text of your own instead", run_review_edit);
    sub->add_option("ID", wish->id)->required()->check(review_problem);
    sub->add_option("TEXT", wish->text, "- reads it from standard input")->required();
    sub->add_option("--actor", wish->actor, kActor);
    sub =
        make("reject", "publish nothing; the same source is not proposed again", run_review_reject);
    sub->add_option("ID", wish->ids)->required()->check(review_problem);
    sub->add_option("--reason", wish->reason, "why, for whoever asks later");
    sub->add_option("--actor", wish->actor, kActor);
}

int run_translate_backfill(const config::Settings& settings, const TranslateBackfillArguments& a) {
    if (a.name.empty()) throw UsageError("give the table, or --entity-type");
    CommandSession session(settings);
    if (a.preview) {
        print_result(session.run(session.pool.execute(
                         "SELECT * FROM barid.translate_backfill_preview($1)", pg::Params(a.name))),
                     a.json);
        return static_cast<int>(Exit::ok);
    }
    const pg::Result result = session.run(session.pool.execute(
        "SELECT barid.translate_backfill($1, $2::int, $3, coalesce($4, session_user::text)) AS id",
        pg::Params(a.name, a.ahead, given(a.queue), given(a.actor))));
    if (a.json)
        print_result(result, true);
    else
        fmt::print("{}\n", result.one().get<std::int64_t>(0));
    return static_cast<int>(Exit::ok);
}

int run_backfills_list(const config::Settings& settings, int limit, bool json) {
    CommandSession session(settings);
    print_result(
        session.run(session.pool.execute(
            R"(SELECT b.id, b.entity_type, b.state, b.seen, b.total, b.progress, b.enqueued,
                               b.in_flight, b.estimated_end, b.actor, b.started_at, b.finished_at,
                               b.error
                        FROM barid.translation_backfills b ORDER BY b.id DESC LIMIT $1::int)",
            pg::Params(limit))),
        json);
    return static_cast<int>(Exit::ok);
}

int run_backfills_action(const config::Settings& settings, const std::string& action,
                         std::int64_t id, const std::string& actor, bool json) {
    CommandSession session(settings);
    const pg::Result result = session.run(
        session.pool.execute("SELECT barid.translate_backfill_" + action +
                                 "($1::bigint, coalesce($2, session_user::text)) AS state",
                             pg::Params(id, given(actor))));
    if (json)
        print_result(result, true);
    else
        fmt::print("{}\n", result.one().get<std::string>(0));
    return static_cast<int>(Exit::ok);
}

}  // namespace barid::worker
