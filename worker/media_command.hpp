// What `barid media …` was asked, and the commands that do it. They return the exit code.
#pragma once

#include <chrono>
#include <cstdint>
#include <optional>
#include <string>

#include "config/settings.hpp"

namespace barid::worker {

struct MediaListArguments {
    std::string prefix = {};
    std::string after = {};
    int limit = 100;
    bool json = false;
};
struct MediaShowArguments {
    std::string entity = {};
    std::string slot = {};
    bool json = false;
};
struct MediaDeleteArguments {
    std::string entity = {};
    std::string slot = {};
    std::optional<std::int64_t> set = {};
    bool now = false;
    bool json = false;
};
struct MediaUrlArguments {
    std::string what;
    std::string slot = {};
    std::string lifetime = {};
    bool json = false;
};
struct MediaReprocessArguments {
    std::string prefix = {};
    std::string recipe = {};
    std::string missing_format = {};
    bool stale = false;  ///< only what its recipe would make otherwise now
    bool preview = false;
    int per_minute = 60;
    std::string queue = "default";
    int priority = 8;
    bool json = false;
};

/// "30s", "10m", "24h"; at most seven days.
std::optional<std::chrono::seconds> lifetime_of(const std::string& text);

int run_media_list(const config::Settings& settings, const MediaListArguments& arguments);
int run_media_show(const config::Settings& settings, const MediaShowArguments& arguments);
int run_media_delete(const config::Settings& settings, const MediaDeleteArguments& arguments);
int run_media_collect(const config::Settings& settings, bool json);
int run_media_url(const config::Settings& settings, const MediaUrlArguments& arguments);
int run_media_reprocess(const config::Settings& settings, const MediaReprocessArguments& arguments);

}  // namespace barid::worker
