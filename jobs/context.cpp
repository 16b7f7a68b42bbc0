#include "jobs/context.hpp"

namespace barid::jobs {
namespace {

awaitable<void> nothing() {
    co_return;
}

template <class T>
awaitable<T> empty() {
    co_return T{};
}

}  // namespace

void JobContext::note(const std::string& line) const {
    if (records != nullptr) records->note(job, line);
}

// The state is made text here, before anything is awaited: the caller's value may change.
awaitable<void> JobContext::checkpoint(const json::value& state) const {
    return records != nullptr ? records->checkpoint(job, json::serialize(state)) : nothing();
}

awaitable<std::optional<json::value>> JobContext::last_checkpoint() const {
    return records != nullptr ? records->last_checkpoint(job) : empty<std::optional<json::value>>();
}

awaitable<std::vector<ParentOutput>> JobContext::parent_outputs() const {
    return records != nullptr ? records->parent_outputs(job) : empty<std::vector<ParentOutput>>();
}

}  // namespace barid::jobs
