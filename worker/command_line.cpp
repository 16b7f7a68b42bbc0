#include "worker/command_line.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <charconv>

#include "base/log.hpp"
#include "config/load.hpp"
#include "worker/command_line_state.hpp"
#include "worker/table.hpp"
#include "worker/version.hpp"

namespace barid::worker {

namespace {

/// A command at a terminal says what went wrong itself; only what serves has a log to keep.
log::Level log_level(const config::Settings& settings, const CLI::App& app) {
    const std::string command = app.get_subcommands().front()->get_name();
    const bool serves = command == "work" || command == "migrate" || command == "admin" ||
                        command.starts_with("dev");
    const bool asked = settings.origins.contains("log.level");
    return serves || asked ? settings.log.level : log::Level::off;
}

/// A command for one database must know which.
void choose_database(config::Settings& settings, const std::string& name, const CLI::App& app) {
    std::string names;
    for (const auto& [each, database] : settings.databases) {
        names += (names.empty() ? "" : ", ") + each;
    }
    if (!name.empty()) {
        if (name == settings.database.name || config::choose_database(settings, name)) return;
        throw UsageError(fmt::format(
            "--database {}: {}", printable(name),
            names.empty() ? "the settings have no [[database]]" : "there are only " + names));
    }
    const std::string command = app.get_subcommands().front()->get_name();
    if (command.starts_with("dev")) settings.databases.clear();  // it brings its own
    for (const char* all : {"work", "migrate", "config", "health", "dev", "dev-worker"}) {
        if (command == all) return;
    }
    if (names.empty()) return;
    throw UsageError("there are several databases: say which with --database: " + names);
}

}  // namespace

std::string name_problem(const std::string& name) {
    const auto allowed = [](char c) { return (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9'); };
    const bool good = !name.empty() && name.size() <= 63 && allowed(name.front()) &&
                      std::ranges::all_of(name, [&](char c) {
                          return allowed(c) || c == '_' || c == '.' || c == '-';
                      });
    return good ? ""
                : "must be 1 to 63 of a-z, 0-9, '_', '.' and '-', and begin with a letter or digit";
}

std::string id_problem(const std::string& text) {
    std::int64_t id = 0;
    const auto [end, problem] = std::from_chars(text.data(), text.data() + text.size(), id);
    const bool good = problem == std::errc() && end == text.data() + text.size() && id > 0;
    return good ? "" : fmt::format("\"{}\" is no job's id", text);
}

void CommandLine::State::add_config() {
    CLI::App* group = app.add_subcommand("config", "check or print the settings");
    group->require_subcommand(1);
    add(*group, "check", "report every problem of the settings; prints nothing else",
        [](const config::Settings&) {
            fmt::print("the settings are right\n");
            return 0;
        });
    add(*group, "print", "print the settings in force, secrets masked",
        [](const config::Settings& settings) {
            fmt::print("{}", config::render(settings));
            return 0;
        });
}

void CommandLine::State::add_jobs() {
    CLI::App* group = app.add_subcommand("jobs", "look at jobs and steer them");
    group->require_subcommand(1);
    CLI::App* list =
        add_json(add(*group, "list", "the newest jobs", [this](const config::Settings& settings) {
            filter.json = json;
            return run_jobs_list(settings, filter);
        }));
    list->add_option("--state", filter.state)
        ->check(
            CLI::IsMember({"waiting", "parked", "running", "completed", "failed", "cancelled"}));
    list->add_option("--queue", filter.queue, "of this queue only");
    list->add_option("--kind", filter.kind, "of this kind only");
    list->add_option("--limit", filter.limit, "50 unless given")->check(CLI::Range(1, 1000));
    CLI::App* show = add_json(add(*group, "show", "one job with its attempts and output",
                                  [this](const config::Settings& settings) {
                                      return run_jobs_show(settings, ids.front(), json);
                                  }));
    show->add_option("ID", ids)->required()->expected(1)->check(id_problem);
}

void CommandLine::State::add_queues() {
    CLI::App* group = app.add_subcommand("queues", "look at queues and steer them");
    group->require_subcommand(1);
    CLI::App* list = add_json(add(*group, "list", "depth, running and oldest due job of each queue",
                                  [this](const config::Settings& settings) {
                                      queues.json = json;
                                      return run_queues_list(settings, queues);
                                  }));
    list->add_flag("--watch", queues.watch, "again and again, with rates; q or Ctrl-C ends it");
    list->add_option("--interval", queues.interval, "seconds between two looks; 1 unless given")
        ->check(CLI::Range(0.2, 3600.0));
    list->add_option("--count", queues.count, "end after so many looks")
        ->check(CLI::Range(1, 1'000'000));
}

void CommandLine::State::add_dev() {
    CLI::App* sub =
        add(app, "dev", "everything in one process, with a PostgreSQL of its own",
            [this](const config::Settings& settings) { return run_dev(settings, dev); });
    sub->add_option("--data", dev.data, "keep the data in this directory");
    sub->add_flag("--demo", dev.demo, "enqueue the demo's work and show what happens");
    sub->add_flag("--once", dev.once, "end when the demo's work is done");
    add(app, "dev-worker", "a worker process of the demo", run_dev_worker)->group("");
}

CommandLine::CommandLine() : state_(std::make_unique<State>()) {
    State& s = *state_;
    s.app.require_subcommand(1);
    s.app.fallthrough();  // --config may come after the command too
    s.app.set_version_flag("--version", std::string(kVersion));
    s.app.add_option("--config", s.config_file, "TOML file (see config/barid.example.toml)");
    s.app.add_option("--database", s.database, "which one, when there are several [[database]]");
    s.add(s.app, "migrate", "bring the schema up to date",
          [](const config::Settings& settings) { return run_migrate(settings); });
    s.add(s.app, "work", "run the worker",
          [](const config::Settings& settings) { return run_work(settings); });
    s.add(s.app, "health", "ask a running worker whether it is ready",
          [](const config::Settings& settings) { return run_health(settings); });
    s.add_json(
        s.add(s.app, "doctor", "check everything the worker depends on",
              [&s](const config::Settings& settings) { return run_doctor(settings, s.json); }));
    s.add_dev();
    s.add_enqueue();
    s.add_batches();
    s.add_keys();
    s.add_jobs();
    s.add_queues();
    s.add_control();
    s.add_queue_settings();
    s.add_kinds();
    s.add_dead();
    s.add_schedules();
    s.add_topics();
    s.add_media();
    s.add_notify();
    s.add_broadcast();
    s.add_push_topics();
    s.add_templates();
    s.add_resend();
    s.add_mail();
    s.add_translate();
    s.add_functions();
    s.add_shop();
    s.add_outbox();
    s.add_projections();
    s.add_payment();
    s.add_admin();
    s.add_config();
}

CommandLine::~CommandLine() = default;

int CommandLine::parse(int argc, char** argv) {
    try {
        state_->app.parse(argc, argv);
        return -1;
    } catch (const CLI::Success& e) {
        return state_->app.exit(e);
    } catch (const CLI::ParseError& e) {
        const auto unknown = state_->app.remaining(true);
        if (e.get_name() == "RequiredError" && !unknown.empty()) {
            fmt::print(stderr, "unknown command: {}\nRun with --help for more information.\n",
                       printable(unknown.front()));
        } else {
            state_->app.exit(e);
        }
        return static_cast<int>(Exit::usage);
    }
}

int CommandLine::run() {
    std::optional<std::filesystem::path> file;
    if (!state_->config_file.empty()) file = state_->config_file;
    const auto environment = config::process_environment();
    if (state_->app.got_subcommand("doctor")) {
        const auto problems = config::check(file, environment);
        if (!problems.empty()) return report_settings(problems, state_->json);
    }
    config::Settings settings = config::load(file, environment);
    choose_database(settings, state_->database, state_->app);
    log::init({.level = log_level(settings, state_->app), .format = settings.log.format});
    return state_->command(settings);
}

}  // namespace barid::worker
