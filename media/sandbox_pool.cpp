#include "media/sandbox_pool.hpp"

#include <sys/wait.h>

#include <algorithm>
#include <csignal>
#include <list>
#include <optional>
#include <thread>
#include <utility>

#include "media/child_process.hpp"
#include "media/sniff.hpp"
#include "media/wire.hpp"

namespace barid::media {
namespace {

constexpr int kMaxTries = 3;  ///< children that may die before they began with a picture

struct Child {
    Child(asio::io_context& io, const SandboxOptions& options)
        : process(io, options.program, options.arguments) {}

    ChildProcess process;
    std::uint64_t served = 0;
    bool greeted = false;
    bool working = false;    ///< it has a picture
    bool timed_out = false;  ///< killed by its watchdog
};

/// How one exchange with a child ended.
struct Conversation {
    std::optional<wire::Answer> answer;  ///< nothing: the child is lost
    bool started = false;                ///< it had the whole picture
    std::string lie;                     ///< the protocol was broken like this
};

[[noreturn]] void fail(Error::Retry retry, const char* code, const std::string& message) {
    throw Error(retry, code, message);
}

/// Kills the child at `when` unless destroyed before; the socket's end then wakes who waits.
class Watchdog {
  public:
    Watchdog(asio::io_context& io, const std::shared_ptr<Child>& child, SteadyTime when)
        : timer_(io, when) {
        timer_.async_wait([weak = std::weak_ptr(child)](const error_code& ec) {
            const auto child = weak.lock();
            if (ec || !child) return;
            child->timed_out = true;
            child->process.kill();
        });
    }

  private:
    asio::steady_timer timer_;
};

awaitable<void> wait_for_end(std::shared_ptr<Child> child) {
    co_await child->process.wait();
}

/// The error of a picture whose child ended with `status` while working on it.
[[noreturn]] void fail_for_status(int status, const SandboxOptions& options) {
    if (WIFSIGNALED(status) && WTERMSIG(status) == SIGXCPU) {
        fail(Error::Retry::permanent, "decoder_timeout",
             "decoding used more than " + std::to_string(options.cpu_limit.count()) +
                 " s of CPU time");
    }
    const bool walls = WIFSIGNALED(status) && WTERMSIG(status) == SIGSYS;
    fail(Error::Retry::permanent, "decoder_crashed",
         "the decoder " + describe_wait_status(status) +
             (walls ? "; it tried what its sandbox forbids" : "") + " while it read this picture");
}

}  // namespace

struct SandboxPool::Impl : std::enable_shared_from_this<Impl> {
    Impl(asio::io_context& io_context, SandboxOptions sandbox_options, log::Logger logger)
        : io(io_context), options(std::move(sandbox_options)), log(std::move(logger)) {
        if (options.children == 0) {
            options.children = std::max(1U, std::thread::hardware_concurrency());
        }
    }

    struct Waiter {
        asio::steady_timer timer;
        bool granted = false;
    };
    class Lease;

    awaitable<Lease> acquire(SteadyTime deadline);
    awaitable<void> greet(std::shared_ptr<Child> child, SteadyTime deadline);
    awaitable<Conversation> converse(Child& child, const Recipe& recipe, const std::string& bytes);
    awaitable<std::optional<wire::Answer>> attempt(const Recipe& recipe, const std::string& bytes,
                                                   SteadyTime deadline, bool last);
    std::shared_ptr<Child> take_or_start();
    void bury(std::shared_ptr<Child> child);
    void release_slot();
    [[nodiscard]] std::vector<std::shared_ptr<Child>> living();

    asio::io_context& io;
    SandboxOptions options;
    log::Logger log;
    std::vector<std::shared_ptr<Child>> idle;
    std::vector<std::weak_ptr<Child>> all;
    std::list<Waiter*> waiters;
    std::size_t leased = 0;
    std::uint64_t started = 0;
    std::uint64_t lost = 0;
    bool heic = false;
    bool closed = false;
};

/// The right to one child. Whatever way it ends, the slot comes back; a child that was not given
/// back with `keep` is in an unknown state and is killed.
class SandboxPool::Impl::Lease {
  public:
    explicit Lease(std::shared_ptr<Impl> pool) : pool_(std::move(pool)) {}
    Lease(Lease&&) noexcept = default;
    Lease& operator=(Lease&&) = delete;
    ~Lease() {
        if (!pool_) return;
        if (child) pool_->bury(std::move(child));
        pool_->release_slot();
    }

    void keep() {
        const bool reusable = !pool_->closed && child->served < pool_->options.jobs_per_child;
        if (reusable)
            pool_->idle.push_back(std::move(child));
        else
            pool_->bury(std::move(child));
        child.reset();
    }

    std::shared_ptr<Child> child;

  private:
    std::shared_ptr<Impl> pool_;
};

void SandboxPool::Impl::release_slot() {
    if (waiters.empty()) {
        --leased;
        return;
    }
    // The slot passes to the longest-waiting job without ever being free.
    Waiter* next = waiters.front();
    waiters.pop_front();
    next->granted = true;
    next->timer.cancel();
}

void SandboxPool::Impl::bury(std::shared_ptr<Child> child) {
    child->process.kill();
    if (closed) return;  // the io thread has stopped: the destructor waits for the child's end
    asio::co_spawn(io, wait_for_end(std::move(child)), asio::detached);
}

std::vector<std::shared_ptr<Child>> SandboxPool::Impl::living() {
    std::vector<std::shared_ptr<Child>> result;
    std::erase_if(all, [](const std::weak_ptr<Child>& child) { return child.expired(); });
    for (const auto& weak : all) {
        if (auto child = weak.lock()) result.push_back(std::move(child));
    }
    return result;
}

awaitable<SandboxPool::Impl::Lease> SandboxPool::Impl::acquire(SteadyTime deadline) {
    if (closed) fail(Error::Retry::transient, "sandbox_unavailable", "the worker is stopping");
    if (leased < options.children && waiters.empty()) {
        ++leased;
        co_return Lease(shared_from_this());
    }
    if (waiters.size() >= options.max_waiting) {
        fail(Error::Retry::transient, "sandbox_busy",
             std::to_string(waiters.size()) + " pictures are waiting for a decode child already");
    }
    Waiter waiter{.timer = asio::steady_timer(io, deadline)};
    const auto place = waiters.insert(waiters.end(), &waiter);
    // The frame can be destroyed while it waits: the line must not keep a dangling place.
    struct LeaveLine {
        Impl& pool;
        Waiter& waiter;
        std::list<Waiter*>::iterator place;
        bool done = false;
        ~LeaveLine() {
            if (done) return;
            if (waiter.granted)
                pool.release_slot();
            else
                pool.waiters.erase(place);
        }
    } leave{*this, waiter, place};
    const auto self = shared_from_this();
    co_await waiter.timer.async_wait(use_tuple);
    if (!waiter.granted) {
        fail(Error::Retry::transient, "sandbox_busy", "no decode child became free in time");
    }
    leave.done = true;
    co_return Lease(self);
}

std::shared_ptr<Child> SandboxPool::Impl::take_or_start() {
    if (!idle.empty()) {
        auto child = std::move(idle.back());
        idle.pop_back();
        return child;
    }
    auto child = std::make_shared<Child>(io, options);
    ++started;
    std::erase_if(all, [](const std::weak_ptr<Child>& old) { return old.expired(); });
    all.push_back(child);
    return child;
}

/// Waits until a new child is warm and walled in.
awaitable<void> SandboxPool::Impl::greet(std::shared_ptr<Child> child, SteadyTime deadline) {
    if (child->greeted) co_return;
    const wire::Setup setup{.memory_bytes = options.memory_bytes,
                            .cpu_seconds = static_cast<std::uint64_t>(options.cpu_limit.count()),
                            .jobs = options.jobs_per_child};
    const Watchdog watchdog(
        io, child, std::min(deadline, std::chrono::steady_clock::now() + options.start_timeout));
    std::optional<std::string> hello;
    if (co_await child->process.send_frame(wire::encode(setup))) {
        hello = co_await child->process.receive_frame(wire::kMaxControlBytes);
    }
    if (hello) {
        heic = wire::check_hello(*hello).heic;
        child->greeted = true;
        co_return;
    }
    ++lost;
    child->process.kill();
    const std::string how = child->timed_out ? "was not ready in time"
                                             : describe_wait_status(co_await child->process.wait());
    fail(Error::Retry::transient, "sandbox_unavailable",
         "a decode child " + how + " before it was ready; its reason is on standard error");
}

awaitable<Conversation> SandboxPool::Impl::converse(Child& child, const Recipe& recipe,
                                                    const std::string& bytes) {
    ChildProcess& process = child.process;
    const wire::Request request{.recipe = recipe, .limits = options.limits};
    Conversation result;
    try {
        if (!co_await process.send_frame(wire::encode(request))) co_return result;
        if (!co_await process.send_frame(bytes)) co_return result;
        const auto note = co_await process.receive_frame(wire::kMaxControlBytes);
        if (!note) co_return result;
        result.started = true;
        child.working = true;
        if (*note != wire::kStarted) {
            result.lie = "an unexpected message";
            co_return result;
        }
        const auto head = co_await process.receive_frame(wire::kMaxControlBytes);
        if (!head) co_return result;
        wire::Answer answer = wire::decode_answer(*head, options.max_answer_bytes);
        if (auto* image = std::get_if<ProcessedImage>(&answer)) {
            for (Variant& variant : image->variants) {
                if (!co_await process.receive_bytes(variant.bytes)) co_return result;
            }
        }
        result.answer = std::move(answer);
    } catch (const Error& e) {
        result.lie = e.what();
    }
    co_return result;
}

/// One try with one child. Nothing: the child was lost before it began.
awaitable<std::optional<wire::Answer>> SandboxPool::Impl::attempt(const Recipe& recipe,
                                                                  const std::string& bytes,
                                                                  SteadyTime deadline, bool last) {
    Lease lease = co_await acquire(deadline);
    lease.child = take_or_start();
    const std::shared_ptr<Child> child = lease.child;
    co_await greet(child, deadline);
    const SteadyTime limit = std::chrono::steady_clock::now() + options.job_timeout;
    const Watchdog watchdog(io, child, std::min(limit, deadline));
    Conversation talk = co_await converse(*child, recipe, bytes);
    if (talk.answer && talk.lie.empty()) {
        try {
            if (const auto* image = std::get_if<ProcessedImage>(&*talk.answer)) {
                wire::check_outputs(*image, recipe);
            }
            ++child->served;
            child->working = false;
            lease.keep();
            co_return std::move(talk.answer);
        } catch (const Error& e) {
            ++lost;
            fail(Error::Retry::permanent, "decoder_crashed", e.what());
        }
    }
    ++lost;
    if (closed) fail(Error::Retry::transient, "sandbox_unavailable", "the worker is stopping");
    if (child->timed_out) {
        log.warn("decode child killed: it took too long", {{"pid", child->process.pid()}});
        if (deadline < limit) {
            fail(Error::Retry::transient, "deadline_exceeded",
                 "decoding did not end within the job's time");
        }
        fail(Error::Retry::permanent, "decoder_timeout",
             "decoding took longer than " + std::to_string(options.job_timeout.count()) + " ms");
    }
    child->process.kill();  // one that broke the protocol lives on otherwise
    const int status = co_await child->process.wait();
    log.warn("decode child lost", {{"pid", child->process.pid()},
                                   {"how", describe_wait_status(status)},
                                   {"protocol", talk.lie}});
    if (!talk.lie.empty()) fail(Error::Retry::permanent, "decoder_crashed", talk.lie);
    if (talk.started) fail_for_status(status, options);
    if (last) {
        fail(Error::Retry::transient, "sandbox_unavailable",
             "decode children keep dying before they begin: the last one " +
                 describe_wait_status(status));
    }
    co_return std::nullopt;
}

SandboxPool::SandboxPool(asio::io_context& io, SandboxOptions options, log::Logger logger)
    : impl_(std::make_shared<Impl>(io, std::move(options), std::move(logger))) {}

SandboxPool::~SandboxPool() {
    impl_->closed = true;
    for (const auto& child : impl_->living()) child->process.kill();
    impl_->idle.clear();
}

awaitable<void> SandboxPool::prefork() {
    const auto impl = impl_;
    const SteadyTime deadline = std::chrono::steady_clock::now() + impl->options.start_timeout;
    std::vector<Impl::Lease> leases;
    while (leases.size() < impl->options.children) {
        leases.push_back(co_await impl->acquire(deadline));
        leases.back().child = impl->take_or_start();
    }
    // All are warming up at once by now.
    for (Impl::Lease& lease : leases) {
        co_await impl->greet(lease.child, deadline);
        lease.keep();
    }
}

awaitable<ProcessedImage> SandboxPool::process(Recipe recipe, std::string bytes,
                                               SteadyTime deadline) {
    const auto impl = impl_;
    check_recipe(recipe);
    if (bytes.size() > impl->options.limits.max_source_bytes) {
        fail(Error::Retry::permanent, "too_large",
             "the source has " + std::to_string(bytes.size()) + " bytes, at most " +
                 std::to_string(impl->options.limits.max_source_bytes) + " are allowed");
    }
    (void)require_image(bytes);
    for (int tries = 1;; ++tries) {
        std::optional<wire::Answer> answer =
            co_await impl->attempt(recipe, bytes, deadline, tries == kMaxTries);
        if (!answer) continue;
        if (const auto* failure = std::get_if<wire::Failure>(&*answer)) {
            fail(Error::Retry::permanent, failure->code.c_str(), failure->message);
        }
        co_return std::get<ProcessedImage>(std::move(*answer));
    }
}

SandboxStats SandboxPool::stats() const {
    const auto living = impl_->living();
    const auto working = std::ranges::count_if(living, [](const auto& c) { return c->working; });
    return {.children = living.size(),
            .busy = impl_->leased,
            .working = static_cast<std::size_t>(working),
            .waiting = impl_->waiters.size(),
            .started = impl_->started,
            .lost = impl_->lost,
            .heic = impl_->heic};
}

std::vector<int> SandboxPool::pids() const {
    std::vector<int> result;
    for (const auto& child : impl_->living()) result.push_back(child->process.pid());
    return result;
}

const SandboxOptions& SandboxPool::options() const {
    return impl_->options;
}

}  // namespace barid::media
