#include "worker/watch_screen.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>

#include "base/text.hpp"
#include "worker/table.hpp"

namespace barid::worker {
namespace {

std::string grouped(std::int64_t number) {
    std::string digits = std::to_string(number);
    for (auto at = static_cast<std::ptrdiff_t>(digits.size()) - 3; at > 0; at -= 3) {
        digits.insert(static_cast<std::size_t>(at), ",");
    }
    return digits;
}

std::string change_of(const QueueSample& queue, const Look& look, const Look* before) {
    if (before == nullptr) return "";
    const auto found = std::ranges::find(before->queues, queue.name, &QueueSample::name);
    const std::chrono::duration<double> elapsed = look.at - before->at;
    if (found == before->queues.end() || elapsed.count() <= 0) return "";
    if (queue.due >= queue.counted_to || found->due >= found->counted_to) return "?";
    const double change = static_cast<double>(queue.due - found->due) / elapsed.count();
    return std::abs(change) < 0.05 ? "" : fmt::format("{:+.1f}", change);
}

std::string reasons(const QueueSample& queue) {
    std::string text;
    for (const auto& [reason, count] : queue.parked_by) {
        text += fmt::format("{}{} {}", text.empty() ? "" : ", ", reason,
                            show_count(count, queue.counted_to));
    }
    return text;
}

std::string oldest(const QueueSample& queue) {
    return queue.oldest_due_seconds > 0 ? show_age(queue.oldest_due_seconds) : "";
}

/// At most so many columns, the tables hold names of ASCII only.
std::string cut_line(std::string_view line, int columns) {
    return std::string(line.substr(0, static_cast<std::size_t>(std::max(columns, 0))));
}

}  // namespace

std::string show_count(std::int64_t count, std::int64_t counted_to) {
    return grouped(count) + (counted_to > 0 && count >= counted_to ? "+" : "");
}

std::string show_age(double seconds) {
    const auto whole = static_cast<std::int64_t>(seconds);
    if (seconds < 60) return fmt::format("{:.1f}s", seconds);
    if (whole < 3600) return fmt::format("{}m{:02}s", whole / 60, whole % 60);
    if (whole < 86400) return fmt::format("{}h{:02}m", whole / 3600, whole / 60 % 60);
    return fmt::format("{}d{:02}h", whole / 86400, whole / 3600 % 24);
}

std::string queue_table(const Look& look) {
    std::vector<std::vector<std::string>> rows;
    for (const QueueSample& queue : look.queues) {
        rows.push_back({queue.name, queue.paused ? "yes" : "no",
                        show_count(queue.due, queue.counted_to), oldest(queue),
                        show_count(queue.running, 0), show_count(queue.later, queue.counted_to),
                        reasons(queue)});
    }
    return render_table({"name", "paused", "due", "oldest_due", "running", "later", "parked"},
                        std::move(rows));
}

std::string live_table(const Look& look, const Look* before) {
    std::vector<std::vector<std::string>> rows;
    for (const QueueSample& queue : look.queues) {
        rows.push_back({queue.name, queue.paused ? "yes" : "no",
                        show_count(queue.due, queue.counted_to), change_of(queue, look, before),
                        oldest(queue), show_count(queue.running, 0),
                        show_count(queue.later, queue.counted_to), reasons(queue)});
    }
    return render_table(
        {"name", "paused", "due", "change/s", "oldest_due", "running", "later", "parked"},
        std::move(rows));
}

std::string kind_table(const Look& look) {
    std::vector<std::vector<std::string>> rows;
    for (const KindRate& kind : look.kinds) {
        rows.push_back({kind.kind, fmt::format("{:.0f}", kind.per_minute),
                        kind.failed > 0 ? grouped(kind.failed) : "",
                        fmt::format("{:.0f}", kind.p50_ms), fmt::format("{:.0f}", kind.p95_ms),
                        fmt::format("{:.0f}", kind.max_ms)});
    }
    return render_table({"kind", "finished/min", "failed", "p50_ms", "p95_ms", "max_ms"},
                        std::move(rows));
}

std::string watch_screen(const Look& look, const Look* before, TerminalSize size,
                         const std::string& clock, const std::string& problem) {
    std::string text = fmt::format("barid queues  {}  q ends\n", clock);
    const auto room = static_cast<std::size_t>(std::max(size.columns, 1));
    text += truncate_utf8(printable(problem), room) + "\n" + live_table(look, before);
    if (!look.kinds.empty()) text += "\n" + kind_table(look);
    std::string out;
    int line = 0;
    for (std::size_t begin = 0; begin < text.size() && line < size.lines; ++line) {
        const std::size_t end = std::min(text.find('\n', begin), text.size());
        const bool last = line + 1 == size.lines && end + 1 < text.size();
        out += last ? cut_line("… more", size.columns + 2)
                    : cut_line(std::string_view(text).substr(begin, end - begin), size.columns);
        out += '\n';
        begin = end + 1;
    }
    return out;
}

}  // namespace barid::worker
