// The commands of `barid`, one function each: they get what the command line said and return the
// exit code. What they throw is printed by main and becomes an exit code too (see docs/cli.md).
#pragma once

#include <cstdint>
#include <functional>
#include <optional>
#include <string>
#include <vector>

#include "base/error.hpp"
#include "config/load.hpp"
#include "config/settings.hpp"

namespace barid::jobs {
class Registry;
}

namespace barid::worker {

/// Stable: scripts branch on them.
enum class Exit : int {
    ok = 0,
    failed = 1,       ///< the command ran, and what it was asked did not come out right
    usage = 2,        ///< unknown command or option, or a value that can't be right
    config = 3,       ///< settings are wrong
    unreachable = 4,  ///< the database cannot be reached
    denied = 5,       ///< the database refuses the user or its password, or a privilege misses
    schema = 6,       ///< no schema, or one that doesn't fit this program
    unavailable = 7,  ///< a store, credentials file or port cannot be used
};

/// The command line asks for something that can't be.
class UsageError : public Error {
  public:
    explicit UsageError(const std::string& message) : Error(Retry::permanent, message) {}
};

int run_migrate(const config::Settings& settings);
/// `add_kinds` registers kinds beside the platform's own.
int run_work(const config::Settings& settings,
             const std::function<void(jobs::Registry&)>& add_kinds = {});
int run_health(const config::Settings& settings);
/// The API and the dashboard alone, until a signal.
int run_admin(const config::Settings& settings);

struct EnqueueArguments {
    std::string kind;
    std::string payload = "{}";
    std::string queue = "default";
    int priority = 5;
    std::string run_at = {};
    std::string delay = {};
    std::optional<int> max_attempts = {};
    std::string unique_key = {};
    std::string ordering_key = {};
    std::string unique_while = {};
    std::string on_conflict = {};
    std::string throttle = {};
    std::string debounce = {};
    std::string limit_key = {};
    std::vector<std::int64_t> after = {};
    std::string on_parent_failure = {};
    std::optional<std::int64_t> batch = {};
    bool json = false;
};
int run_enqueue(const config::Settings& settings, const EnqueueArguments& arguments);

struct BatchArguments {
    std::string jobs;  ///< a JSON array as barid.enqueue_many takes it
    std::string name = {};
    std::string on_success = {};
    std::string on_failure = {};
    std::string on_finished = {};
    bool json = false;
};
int run_batches_add(const config::Settings& settings, const BatchArguments& arguments);
int run_batches_list(const config::Settings& settings, int limit, bool json);
int run_keys_list(const config::Settings& settings, bool json);
int run_keys_unblock(const config::Settings& settings, const std::string& key, bool json);

struct JobsFilter {
    std::string state = {};
    std::string queue = {};
    std::string kind = {};
    int limit = 50;
    bool json = false;
};
int run_jobs_list(const config::Settings& settings, const JobsFilter& filter);
int run_jobs_show(const config::Settings& settings, std::int64_t id, bool json);

struct QueuesArguments {
    bool watch = false;
    double interval = 1;  ///< seconds
    int count = 0;        ///< pictures until the end; 0: until q or Ctrl-C
    bool json = false;
};
int run_queues_list(const config::Settings& settings, const QueuesArguments& arguments);

/// Throws UsageError unless it is a JSON object.
void check_payload(const std::string& text);

struct ScheduleArguments {
    std::string name;
    std::string cron;
    std::string kind;
    std::string payload = "{}";
    std::string tz = "UTC";
    std::string queue = "default";
    int priority = 5;
    std::optional<int> max_attempts = {};
    std::string missed = "once";
    std::string jitter = "0";
    std::string starts_at = {};
    std::string ends_at = {};
    std::string unique_key = {};
    std::string ordering_key = {};
    std::vector<std::string> tags = {};
    bool json = false;
};
struct PreviewArguments {
    std::string cron;
    std::string tz = "UTC";
    int count = 10;
    std::string after = {};
    bool json = false;
};
int run_schedules_list(const config::Settings& settings, bool json);
int run_schedules_add(const config::Settings& settings, const ScheduleArguments& arguments);
/// `sql` says whether there is such a schedule.
int run_schedules_change(const config::Settings& settings, const char* sql, const char* done,
                         const std::string& name, bool json);
int run_schedules_run(const config::Settings& settings, const std::string& name, bool json);
int run_schedules_preview(const config::Settings& settings, const PreviewArguments& arguments);

struct SubscribeArguments {
    std::string name;
    std::string pattern;
    std::string kind;
    std::string payload = "{}";
    bool merge = false;
    std::string queue = "default";
    int priority = 5;
    std::optional<int> max_attempts = {};
    bool json = false;
};
struct PublishArguments {
    std::string topic;
    std::string message = "{}";
    std::string run_at = {};
    std::string delay = {};
    std::string ordering_key = {};
    bool json = false;
};
int run_topics_list(const config::Settings& settings, bool json);
int run_topics_subscribe(const config::Settings& settings, const SubscribeArguments& arguments);
int run_topics_unsubscribe(const config::Settings& settings, const std::string& name, bool json);
int run_topics_publish(const config::Settings& settings, const PublishArguments& arguments);

struct NotifyArguments {
    std::string user;
    std::string category = "general";
    std::string template_key = {};
    std::string vars = {};
    std::vector<std::string> title = {};  ///< "en=Hello"
    std::vector<std::string> body = {};
    std::string data = {};
    std::string image = {};
    std::string options = {};
    std::vector<std::string> channels = {};
    std::string dedupe_key = {};
    std::string delay = {};
    std::string run_at = {};
    std::string ttl = {};
    std::string expires_at = {};
    std::string queue = "default";
    int priority = 5;
    std::vector<std::string> tags = {};
    bool json = false;
};
struct ExplainArguments {
    std::string user;
    std::string category = "general";
    std::string channel = {};  ///< empty: all of the category
    std::string at = {};
    bool json = false;
};
struct DeliveryReportArguments {
    std::string user = {};  ///< exactly one of these three
    std::string notification = {};
    std::string broadcast = {};
    int limit = 50;
    std::string before = {};
    std::string after_user = {};
    bool json = false;
};
struct InboxArguments {
    std::string user;
    std::string filter = "inbox";
    std::string category = {};
    int limit = 50;
    std::string before_at = {};
    std::string before_id = {};
    bool json = false;
};
struct PreferenceArguments {
    std::string user;
    std::string choice;  ///< on, off, unset
    std::string category = "*";
    std::string channel = "*";
    bool json = false;
};
struct QuietArguments {
    std::string user;
    std::string windows;
    std::string tz = {};
    bool json = false;
};
struct ResendArguments {
    std::string mode;  ///< failed, unknown, new_devices, all
    std::vector<std::string> users = {};
    std::vector<std::string> notifications = {};
    std::string broadcast = {};
    std::string category = {};
    std::string since = {};
    std::string until = {};
    std::string channel = {};
    std::vector<std::string> causes = {};  ///< reasons of the deliveries
    std::string reason = {};
    std::string request_key = {};
    std::string actor = {};
    std::string content = "frozen";
    std::string queue = "default";
    int priority = 5;
    bool override = false;
    bool include_accepted = false;
    bool preview = false;
    bool json = false;
};
int run_notify_resend(const config::Settings& settings, const ResendArguments& arguments);
int run_notify_resends(const config::Settings& settings, int limit, bool json);

struct BroadcastArguments {
    std::string category = {};
    std::string segment = {};
    std::vector<std::string> users = {};
    std::string template_key = {};
    std::string vars = {};
    std::vector<std::string> title = {};
    std::vector<std::string> body = {};
    std::string data = {};
    std::string image = {};
    std::vector<std::string> channels = {};
    std::string dedupe_key = {};
    std::string start_at = {};
    std::string actor = {};
    bool personal = false;
    bool json = false;
};
int run_broadcast_create(const config::Settings& settings, const BroadcastArguments& arguments);
/// `action`: start, pause, resume or cancel; prints the state that it has then.
int run_broadcast_action(const config::Settings& settings, const std::string& action,
                         const std::string& id, const std::string& actor, bool json);
int run_broadcast_preview(const config::Settings& settings, const std::string& id);
int run_broadcast_progress(const config::Settings& settings, const std::string& id, bool json);
int run_broadcast_list(const config::Settings& settings, int limit, bool json);

struct ContactArguments {
    std::string user = {};
    std::string email = {};
    bool remove = false;
    bool json = false;
};
struct SuppressArguments {
    std::string email = {};
    std::string detail = {};
    bool stop = true;
    bool json = false;
};
int run_notify_contact(const config::Settings& settings, const ContactArguments& arguments);
int run_notify_bounce(const config::Settings& settings, const std::string& file, bool json);
int run_notify_suppress(const config::Settings& settings, const SuppressArguments& arguments);
int run_notify_suppressed(const config::Settings& settings, int limit, bool json);
int run_notify_forget(const config::Settings& settings, const std::string& user, bool json);

/// Firebase topics; not the queue's.
struct PushTopicArguments {
    std::string topic;
    bool subscribe = true;
    std::vector<std::string> users = {};
    std::vector<std::string> devices = {};
    bool json = false;
};
int run_push_topic(const config::Settings& settings, const PushTopicArguments& arguments);
int run_notify_send(const config::Settings& settings, const NotifyArguments& arguments);
int run_notify_explain(const config::Settings& settings, const ExplainArguments& arguments);
int run_notify_report(const config::Settings& settings, const DeliveryReportArguments& arguments);
int run_notify_inbox(const config::Settings& settings, const InboxArguments& arguments);
int run_notify_preference(const config::Settings& settings, const PreferenceArguments& arguments);
int run_notify_quiet(const config::Settings& settings, const QuietArguments& arguments);

struct TemplatePreviewArguments {
    std::string what = {};    ///< a template's key, or a notification's id
    std::string locale = {};  ///< the default language's, or the notification's own
    std::string vars = {};    ///< empty: the template's samples
    std::string channel = "push";
    std::string tz = {};      ///< empty: UTC, or that of a notification's user
    std::string digits = {};  ///< empty: as configured
    std::optional<int> version = {};
    bool json = false;
};
int run_templates_list(const config::Settings& settings, bool json);
int run_templates_show(const config::Settings& settings, const std::string& key,
                       std::optional<int> version, bool json);
int run_templates_save(const config::Settings& settings, const std::string& file, bool json);
int run_template_preview(const config::Settings& settings,
                         const TemplatePreviewArguments& arguments);

/// Of the last `days`, today among them.
int run_translate_cost(const config::Settings& settings, int days, bool json);
int run_translate_providers(const config::Settings& settings, bool json);
int run_translate_resume(const config::Settings& settings, const std::string& name, bool json);

int run_doctor(const config::Settings& settings, bool json);
/// The doctor's report when the settings can't even be read.
int report_settings(const std::vector<config::Problem>& problems, bool json);

struct DevArguments {
    std::string data = {};  ///< empty: a temporary directory, removed at the end
    bool demo = false;
    bool once = false;
};
int run_dev(const config::Settings& settings, const DevArguments& arguments);
/// The second worker process of the demo; `barid dev` starts it.
int run_dev_worker(const config::Settings& settings);

}  // namespace barid::worker
