#include "base/task_group.hpp"

#include <boost/asio/bind_cancellation_slot.hpp>

#include "base/error.hpp"

namespace barid {

struct TaskGroup::Task {
    std::string name;
    Service service;
    asio::cancellation_signal cancel;
};

TaskGroup::TaskGroup(asio::io_context& io, log::Logger logger)
    : io_(io), log_(std::move(logger)), changed_(io) {
    changed_.expires_at(asio::steady_timer::time_point::max());
}

TaskGroup::~TaskGroup() = default;

void TaskGroup::spawn(std::string name, Service service) {
    auto task = std::make_shared<Task>();
    task->name = std::move(name);
    task->service = std::move(service);
    tasks_.push_back(task);
    auto done = [this, task](const std::exception_ptr&) {
        tasks_.remove(task);
        changed_.cancel();
    };
    asio::co_spawn(io_, supervise(task),
                   asio::bind_cancellation_slot(task->cancel.slot(), std::move(done)));
}

awaitable<void> TaskGroup::supervise(std::shared_ptr<Task> task) {
    auto delay = std::chrono::milliseconds(100);
    asio::steady_timer timer(io_);
    while (!stopping_) {
        std::string problem;
        const auto started = std::chrono::steady_clock::now();
        try {
            co_await task->service();
            co_return;
        } catch (const std::exception& e) {
            problem = e.what();
        }
        if (stopping_) co_return;
        if (std::chrono::steady_clock::now() - started > std::chrono::minutes(1)) {
            delay = std::chrono::milliseconds(100);
        }
        log_.warn("service restarts", {{"service", task->name}, {"error", problem}, {"in", delay}});
        timer.expires_after(delay);
        const auto [ec] = co_await timer.async_wait(use_tuple);
        if (ec) co_return;
        delay = std::min<std::chrono::milliseconds>(delay * 2, std::chrono::seconds(2));
    }
}

void TaskGroup::stop() {
    stopping_ = true;
    for (const auto& task : std::list(tasks_)) task->cancel.emit(asio::cancellation_type::terminal);
}

awaitable<void> TaskGroup::join() {
    while (!tasks_.empty()) co_await changed_.async_wait(use_tuple);
}

}  // namespace barid
