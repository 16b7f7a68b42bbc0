// What the command line holds while it is built: one `add_…` member for each group of commands,
// each in the file of its commands. Private to the worker's command files.
#pragma once

#include <CLI/CLI.hpp>
#include <cstdint>
#include <functional>
#include <string>
#include <vector>

#include "config/settings.hpp"
#include "worker/command_line.hpp"
#include "worker/commands.hpp"

namespace barid::worker {

using Command = std::function<int(const config::Settings&)>;

/// What is wrong with a kind's or a queue's name, empty when nothing is.
std::string name_problem(const std::string& name);

/// What is wrong with a job's id, empty when nothing is. CLI11 takes a number that is too large
/// for the largest one.
std::string id_problem(const std::string& text);

struct CommandLine::State {
    CLI::App app{"Barid: background jobs and notifications on PostgreSQL"};
    std::string config_file;
    std::string database;
    Command command;
    bool json = false;
    EnqueueArguments enqueue;
    BatchArguments batch;
    std::string ordering_key;
    int batch_limit = 50;
    JobsFilter filter;
    std::vector<std::int64_t> ids;
    std::string queue;
    QueuesArguments queues;
    DevArguments dev;
    CLI::App* notify = nullptr;
    CLI::App* translate = nullptr;

    /// A command without options of its own.
    CLI::App* add(CLI::App& parent, const char* name, const char* what, Command run) {
        CLI::App* sub = parent.add_subcommand(name, what);
        sub->callback([this, run = std::move(run)] { command = run; });
        return sub;
    }
    CLI::App* add_json(CLI::App* sub) {
        sub->add_flag("--json", json, "one JSON object a line, for scripts");
        return sub;
    }
    void add_config();
    void add_enqueue();  ///< worker/enqueue_command.cpp
    void add_batches();  ///< the same
    void add_keys();     ///< the same
    void add_jobs();
    void add_queues();
    void add_control();         ///< jobs retry, cancel, …: worker/control_command.cpp
    void add_queue_settings();  ///< queues set, …: worker/queue_command.cpp
    void add_kinds();           ///< the same
    void add_dead();            ///< the same
    void add_schedules();       ///< worker/schedules_command.cpp
    void add_shop();            ///< worker/shop_command.cpp
    void add_outbox();          ///< worker/outbox_command.cpp
    void add_projections();     ///< worker/projection_command.cpp
    void add_payment();         ///< worker/payment_command.cpp
    void add_functions();       ///< worker/functions_command.cpp
    void add_topics();          ///< worker/topics_command.cpp
    void add_notify();          ///< worker/notify_command.cpp
    void add_push_topics();     ///< worker/push_topic_command.cpp
    void add_templates();       ///< worker/template_command.cpp
    void add_template_preview(CLI::App& group);  ///< worker/template_preview_command.cpp
    /// `barid notify`, made at the first call: each of its parts is in the file of its commands.
    CLI::App& notify_group();
    void add_media();   ///< worker/media_command.cpp
    void add_media_reprocess(CLI::App& group);  ///< worker/media_reprocess_command.cpp
    void add_resend();  ///< worker/resend_command.cpp
    void add_mail();    ///< worker/mail_command.cpp
    void add_broadcast();  ///< worker/broadcast_command.cpp
    void add_notify_send(CLI::App& group);
    void add_notify_explain(CLI::App& group);
    void add_notify_report(CLI::App& group);
    void add_notify_inbox(CLI::App& group);
    void add_notify_choices(CLI::App& group);
    void add_translate();  ///< worker/translate_backfill_command.cpp
    void add_translate_review(CLI::App& group);
    void add_translate_cost(CLI::App& group);  ///< worker/translate_cost_command.cpp
    /// `barid translate`, made at the first call.
    CLI::App& translate_group();
    void add_admin();  ///< worker/admin_command.cpp
    void add_admin_tokens(CLI::App& parent);
    void add_admin_accounts(CLI::App& parent);
    void add_admin_roles(CLI::App& parent);
    void add_dev();
};

}  // namespace barid::worker
