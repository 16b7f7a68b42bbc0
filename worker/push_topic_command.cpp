// `barid notify topic subscribe|unsubscribe TOPIC`: Firebase topics of the devices of users.
#include <fmt/format.h>

#include <cstdio>
#include <map>
#include <memory>

#include "base/http_curl.hpp"
#include "base/json.hpp"
#include "base/text.hpp"
#include "notify/fcm_topics.hpp"
#include "worker/command_line_state.hpp"
#include "worker/command_session.hpp"
#include "worker/commands.hpp"
#include "worker/parts.hpp"
#include "worker/table.hpp"
#include "worker/version.hpp"

namespace barid::worker {
namespace {

constexpr const char* kDevices = R"(
SELECT id, user_id, project, target_kind, target FROM barid.device
WHERE state <> 'dead' AND (user_id = ANY ($1::text[]) OR id = ANY ($2::bigint[]))
ORDER BY project, id LIMIT 100000)";

struct Subscriber {
    std::string device;
    std::string user;
    std::string project;
    std::string result = {};
};

std::string list(const std::vector<std::string>& words) {
    pg::ArrayBuilder array;
    for (const std::string& word : words) array.add(std::string_view(word));
    return std::move(array).finish();
}

const config::Fcm* settings_of(const config::Notify& notify, const std::string& project) {
    if (notify.channel != config::Channel::fcm) return nullptr;
    if (project == "default") return &notify.fcm;
    const auto found = notify.fcm_projects.find(project);
    return found != notify.fcm_projects.end() ? &found->second : nullptr;
}

/// The devices of one project, whose `target`s these are.
awaitable<bool> change_project(CommandSession& session, const config::Settings& settings,
                               const PushTopicArguments& wish, std::vector<Subscriber*> devices,
                               std::vector<std::string> targets) {
    const config::Fcm* fcm = settings_of(settings.notify, devices.front()->project);
    if (fcm == nullptr) {
        for (Subscriber* device : devices) device->result = "no_credentials";
        co_return false;
    }
    http::CurlHttpClient http(session.io, {.user_agent = fmt::format("barid/{}", kVersion)});
    const SystemClock clock;
    const FcmParts parts = make_fcm(session.io, http, clock, *fcm, devices.front()->project);
    notify::FcmTopics topics(http, *parts.tokens, fcm->iid_endpoint);
    const auto change =
        wish.subscribe ? notify::TopicChange::subscribe : notify::TopicChange::unsubscribe;
    const auto results = co_await topics.change(change, wish.topic, std::move(targets));
    for (std::size_t i = 0; i < devices.size(); ++i) devices[i]->result = results[i];
    co_return true;
}

void print(const Subscriber& device, bool json) {
    const std::string result = device.result.empty() ? "done" : device.result;
    if (json) {
        fmt::print("{}\n", json::serialize(json::object{{"device", device.device},
                                                        {"user", device.user},
                                                        {"project", device.project},
                                                        {"result", result}}));
    } else {
        fmt::print("device {} of {}: {}\n", device.device, printable(device.user), result);
    }
}

}  // namespace

int run_push_topic(const config::Settings& settings, const PushTopicArguments& wish) {
    if (!notify::is_topic_name(wish.topic)) {
        throw UsageError("a topic's name has 1 to 900 letters, digits and - _ . ~ %");
    }
    if (wish.users.empty() && wish.devices.empty()) throw UsageError("give --user or --device");
    CommandSession session(settings);
    const pg::Result rows = session.run(
        session.pool.execute(kDevices, pg::Params(list(wish.users), list(wish.devices))));
    std::vector<Subscriber> devices;
    std::map<std::string, std::pair<std::vector<Subscriber*>, std::vector<std::string>>> projects;
    devices.reserve(static_cast<std::size_t>(rows.size()));  // pointers to them are kept
    for (const pg::Row row : rows) {
        devices.push_back({.device = row.get<std::string>("id"),
                           .user = row.get<std::string>("user_id"),
                           .project = row.get<std::string>("project")});
        if (row.get<std::string>("target_kind") != "token") {
            devices.back().result = "not_a_token";  // Google's call takes nothing else
            continue;
        }
        auto& [members, targets] = projects[devices.back().project];
        members.push_back(&devices.back());
        targets.push_back(row.get<std::string>("target"));
    }
    for (auto& [project, members] : projects) {
        session.run(
            change_project(session, settings, wish, members.first, std::move(members.second)));
    }
    bool all = true;
    for (const Subscriber& device : devices) {
        print(device, wish.json);
        all = all && device.result.empty();
    }
    if (devices.empty() && !wish.json) fmt::print("no device\n");
    return static_cast<int>(all ? Exit::ok : Exit::failed);
}

void CommandLine::State::add_push_topics() {
    CLI::App* group = notify_group().add_subcommand("topic", "Firebase topics of users' devices");
    group->require_subcommand(1);
    for (const bool subscribe : {true, false}) {
        const auto wish = std::make_shared<PushTopicArguments>();
        wish->subscribe = subscribe;
        CLI::App* sub = add_json(add(*group, subscribe ? "subscribe" : "unsubscribe",
                                     subscribe ? "put devices on a topic" : "take them off",
                                     [this, wish](const config::Settings& settings) {
                                         wish->json = json;
                                         return run_push_topic(settings, *wish);
                                     }));
        sub->add_option("TOPIC", wish->topic)->required();
        sub->add_option("--user", wish->users, "all devices of this user; may be repeated");
        sub->add_option("--device", wish->devices, "a device's id; may be repeated")
            ->check(CLI::PositiveNumber);
    }
}

}  // namespace barid::worker
