#include "queue/cursor_params.hpp"

namespace barid::queue {

void add_cursor_rows(pg::Params& params, const std::vector<CursorRow>& rows) {
    pg::ArrayBuilder queues;
    pg::ArrayBuilder priorities;
    pg::ArrayBuilder times;
    pg::ArrayBuilder ids;
    for (const CursorRow& row : rows) {
        queues.add(std::string_view(row.queue));
        priorities.add(static_cast<std::int64_t>(row.priority));
        times.add(std::string_view(pg::format_timestamp(row.after.run_at)));
        ids.add(row.after.id);
    }
    params.add(std::move(queues));
    params.add(std::move(priorities));
    params.add(std::move(times));
    params.add(std::move(ids));
}

}  // namespace barid::queue
