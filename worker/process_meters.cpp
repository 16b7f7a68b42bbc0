#include "worker/process_meters.hpp"

namespace barid::worker {

awaitable<notify::SendResult> MeteredChannel::send(const notify::Target& target,
                                                   const notify::PushMessage& message) {
    std::exception_ptr failure;
    notify::SendResult result;  // ambiguous, which is what an exception means to the caller
    try {
        result = co_await channel_.send(target, message);
    } catch (...) {
        failure = std::current_exception();
    }
    ++meters_.sends[target.channel].at(static_cast<std::size_t>(result.kind));
    if (failure) std::rethrow_exception(failure);
    co_return result;
}

}  // namespace barid::worker
