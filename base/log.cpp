#include "base/log.hpp"

#include <fmt/chrono.h>
#include <fmt/format.h>
#include <spdlog/sinks/ostream_sink.h>
#include <spdlog/spdlog.h>
#include <unistd.h>

#include <cmath>
#include <mutex>

#include "base/text.hpp"

namespace barid::log {
namespace {

/// Writes each line with one write(2), so that lines of several processes don't interleave.
class FdSink final : public spdlog::sinks::base_sink<std::mutex> {
  public:
    explicit FdSink(int fd) : fd_(fd) {}

  protected:
    void sink_it_(const spdlog::details::log_msg& msg) override {
        std::string line(msg.payload.data(), msg.payload.size());
        line += '\n';
        // A log that can't be written must not stop the work; there is nobody to tell.
        [[maybe_unused]] const auto written = ::write(fd_, line.data(), line.size());
    }
    void flush_() override {}

  private:
    int fd_;
};

struct State {
    std::shared_ptr<spdlog::logger> sink =
        std::make_shared<spdlog::logger>("barid", std::make_shared<FdSink>(2));
    bool json = isatty(2) == 0;
    int fd = 2;
};

State& state() {
    static State instance;
    return instance;
}

spdlog::level::level_enum to_spdlog(Level level) {
    switch (level) {
        case Level::debug: return spdlog::level::debug;
        case Level::info: return spdlog::level::info;
        case Level::warn: return spdlog::level::warn;
        case Level::error: return spdlog::level::err;
        case Level::off: return spdlog::level::off;
    }
    return spdlog::level::info;
}

const char* level_name(Level level) {
    switch (level) {
        case Level::debug: return "debug";
        case Level::info: return "info";
        case Level::warn: return "warn";
        case Level::error: return "error";
        case Level::off: return "off";
    }
    return "info";
}

std::string timestamp() {
    const auto now =
        std::chrono::floor<std::chrono::milliseconds>(std::chrono::system_clock::now());
    const auto seconds = std::chrono::floor<std::chrono::seconds>(now);
    return fmt::format("{:%FT%T}.{:03}Z", fmt::gmtime(std::chrono::system_clock::to_time_t(now)),
                       (now - seconds).count());
}

void append_json(std::string& line, const Field& field) {
    line += fmt::format(",{}:{}", json_quote(field.name), field.json);
}

void append_text(std::string& line, const Field& field) {
    line += fmt::format(" {}={}", field.name, field.json);
}

}  // namespace

Field::Field(std::string_view field, std::string_view value)
    : name(field), json(json_quote(truncate_utf8(value, kMaxFieldBytes))) {}
Field::Field(std::string_view field, const Secret&) : name(field), json("\"***\"") {}
Field::Field(std::string_view field, bool value) : name(field), json(value ? "true" : "false") {}
Field::Field(std::string_view field, double value)
    : name(field), json(std::isfinite(value) ? fmt::format("{:.6g}", value) : "null") {}

void init(const Options& options) {
    State& global = state();
    global.sink = std::make_shared<spdlog::logger>("barid", std::make_shared<FdSink>(options.fd));
    global.sink->set_level(to_spdlog(options.level));
    global.fd = options.fd;
    global.json = options.format == Format::json ||
                  (options.format == Format::automatic && isatty(options.fd) == 0);
}

Logger Logger::with(Fields fields) const {
    Logger copy = *this;
    copy.context_.insert(copy.context_.end(), fields.begin(), fields.end());
    return copy;
}

void Logger::debug(std::string_view m, Fields f) const { write(Level::debug, m, f); }
void Logger::info(std::string_view m, Fields f) const { write(Level::info, m, f); }
void Logger::warn(std::string_view m, Fields f) const { write(Level::warn, m, f); }
void Logger::error(std::string_view m, Fields f) const { write(Level::error, m, f); }

void Logger::write(Level level, std::string_view message, Fields fields) const {
    const State& global = state();
    const auto native = to_spdlog(level);
    if (!global.sink->should_log(native)) return;
    std::string line;
    if (global.json) {
        line = fmt::format(R"({{"ts":"{}","level":"{}","msg":{})", timestamp(),
                           level_name(level), json_quote(message));
        for (const Field& field : context_) append_json(line, field);
        for (const Field& field : fields) append_json(line, field);
        line += '}';
    } else {
        line = fmt::format("{} {:5} {}", timestamp(), level_name(level), message);
        for (const Field& field : context_) append_text(line, field);
        for (const Field& field : fields) append_text(line, field);
    }
    global.sink->log(native, spdlog::string_view_t(line.data(), line.size()));
}

}  // namespace barid::log
