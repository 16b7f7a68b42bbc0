#include "base/http_multi.hpp"

#include <boost/asio/posix/stream_descriptor.hpp>

namespace barid::http {

using asio::posix::stream_descriptor;

struct Multi::Watch {
    explicit Watch(asio::io_context& io) : descriptor(io) {}

    stream_descriptor descriptor;
    int wanted = 0;  ///< CURL_POLL_IN | CURL_POLL_OUT; 0 after libcurl let the socket go
    int armed = 0;   ///< the events that an asynchronous wait is under way for
};

/// A transfer inside the multi handle; leaving the scope takes it out, which aborts it.
class Multi::Running {
  public:
    Running(Multi& owner, CURL* easy) : owner_(owner), easy_(easy), changed_(owner.io_) {
        changed_.expires_at(asio::steady_timer::time_point::max());
        curl_easy_setopt(easy_, CURLOPT_PRIVATE, this);
        const CURLMcode code = curl_multi_add_handle(owner_.multi_.get(), easy_);
        if (code != CURLM_OK) {
            throw barid::Error(barid::Error::Retry::transient,
                               std::string("libcurl: ") + curl_multi_strerror(code));
        }
    }
    ~Running() {
        if (!result_) curl_multi_remove_handle(owner_.multi_.get(), easy_);
    }
    Running(const Running&) = delete;
    Running& operator=(const Running&) = delete;

    void finish(CURLcode result) {
        curl_multi_remove_handle(owner_.multi_.get(), easy_);
        result_ = result;
        changed_.cancel();
    }

    /// Ends when the transfer has, or when the coroutine is cancelled.
    awaitable<void> wait() {
        if (!result_) co_await changed_.async_wait(use_tuple);
    }
    [[nodiscard]] std::optional<CURLcode> result() const { return result_; }

  private:
    Multi& owner_;
    CURL* easy_;
    asio::steady_timer changed_;
    std::optional<CURLcode> result_;
};

Multi::Multi(asio::io_context& io, const ClientOptions& options)
    : io_(io), timer_(io), multi_(curl_multi_init()) {
    CURLM* multi = multi_.get();
    curl_multi_setopt(multi, CURLMOPT_SOCKETFUNCTION, &Multi::on_socket);
    curl_multi_setopt(multi, CURLMOPT_SOCKETDATA, this);
    curl_multi_setopt(multi, CURLMOPT_TIMERFUNCTION, &Multi::on_timer);
    curl_multi_setopt(multi, CURLMOPT_TIMERDATA, this);
    curl_multi_setopt(multi, CURLMOPT_PIPELINING, static_cast<long>(CURLPIPE_MULTIPLEX));
    curl_multi_setopt(multi, CURLMOPT_MAX_HOST_CONNECTIONS,
                      static_cast<long>(options.max_host_connections));
    curl_multi_setopt(multi, CURLMOPT_MAX_TOTAL_CONNECTIONS,
                      static_cast<long>(options.max_connections));
    curl_multi_setopt(multi, CURLMOPT_MAXCONNECTS, static_cast<long>(options.max_connections));
}

Multi::~Multi() {
    // From here on libcurl closes its sockets without telling; nothing may watch them any more.
    curl_multi_setopt(multi_.get(), CURLMOPT_SOCKETFUNCTION, nullptr);
    curl_multi_setopt(multi_.get(), CURLMOPT_TIMERFUNCTION, nullptr);
    for (auto& [fd, watch] : watches_) {
        watch->wanted = 0;
        watch->descriptor.release();
    }
}

awaitable<std::optional<CURLcode>> Multi::perform(CURL* easy) {
    const auto self = shared_from_this();
    Running running(*this, easy);
    co_await running.wait();
    co_return running.result();
}

int Multi::on_socket(CURL*, curl_socket_t fd, int what, void* self, void*) {
    static_cast<Multi*>(self)->watch(fd, what);
    return 0;
}

void Multi::watch(curl_socket_t fd, int what) {
    if (what == CURL_POLL_REMOVE) {
        const auto found = watches_.find(fd);
        if (found == watches_.end()) return;
        found->second->wanted = 0;
        if (found->second->descriptor.is_open()) found->second->descriptor.release();
        watches_.erase(found);
        return;
    }
    auto& watch = watches_[fd];
    if (!watch) {
        watch = std::make_shared<Watch>(io_);
        error_code failed;
        watch->descriptor.assign(fd, failed);
        // Not watched, the transfer ends at its deadline; that is all that can be done here.
        if (failed) return;
    }
    watch->wanted = what;
    arm(watch);
}

void Multi::arm(const std::shared_ptr<Watch>& watch) {
    if (!watch->descriptor.is_open()) return;
    for (const int event : {CURL_POLL_IN, CURL_POLL_OUT}) {
        if ((watch->wanted & event) != 0 && (watch->armed & event) == 0) wait(watch, event);
    }
}

void Multi::wait(const std::shared_ptr<Watch>& watch, int event) {
    static_assert(CURL_POLL_IN == CURL_CSELECT_IN && CURL_POLL_OUT == CURL_CSELECT_OUT);
    watch->armed |= event;
    const auto kind =
        event == CURL_POLL_IN ? stream_descriptor::wait_read : stream_descriptor::wait_write;
    watch->descriptor.async_wait(kind, [weak = weak_from_this(), watch, event](error_code error) {
        watch->armed &= ~event;
        const auto self = weak.lock();
        // A socket that libcurl let go may have been closed, and its number taken by another.
        if (!self || watch->wanted == 0 || error == asio::error::operation_aborted) return;
        if ((watch->wanted & event) != 0) {
            self->act(watch->descriptor.native_handle(), error ? CURL_CSELECT_ERR : event);
        }
        if (watch->wanted != 0) self->arm(watch);
    });
}

int Multi::on_timer(CURLM*, long timeout_ms, void* self) {
    auto* const multi = static_cast<Multi*>(self);
    if (timeout_ms < 0) {
        multi->timer_.cancel();
        return 0;
    }
    multi->timer_.expires_after(std::chrono::milliseconds(timeout_ms));
    multi->timer_.async_wait([weak = multi->weak_from_this()](error_code error) {
        if (error) return;
        if (const auto alive = weak.lock()) alive->act(CURL_SOCKET_TIMEOUT, 0);
    });
    return 0;
}

void Multi::act(curl_socket_t fd, int events) {
    int running = 0;
    curl_multi_socket_action(multi_.get(), fd, events, &running);
    int left = 0;
    while (const CURLMsg* message = curl_multi_info_read(multi_.get(), &left)) {
        if (message->msg != CURLMSG_DONE) continue;
        const CURLcode result = message->data.result;  // The message dies with the next call.
        Running* transfer = nullptr;
        curl_easy_getinfo(message->easy_handle, CURLINFO_PRIVATE, &transfer);
        transfer->finish(result);
    }
}

}  // namespace barid::http
