// One request and its answer inside the HTTP/2 client: where it stands, what came, who waits.
//
// It lives in the frame of the coroutine that sends it and is linked into one list at a time: of
// those that wait for a stream, or of those on a connection. Internal; io thread only.
#pragma once

#include <boost/intrusive/list.hpp>
#include <memory>
#include <optional>
#include <string>
#include <string_view>

#include "base/clock.hpp"
#include "base/http_client.hpp"

namespace barid::http {

class Http2Connection;

/// The suspended coroutine behind an exchange.
class Waiter {
  public:
    virtual ~Waiter() = default;
    /// Has it go on, later, on its own executor.
    virtual void wake() = 0;
};

struct Exchange
    : boost::intrusive::list_base_hook<boost::intrusive::link_mode<boost::intrusive::auto_unlink>> {
    Request request;
    std::string_view path;    ///< of `request.url`
    std::string_view origin;  ///< for errors: paths and queries can hold secrets

    bool queued = false;  ///< waits for a stream
    Http2Connection* connection = nullptr;
    std::int32_t stream = 0;
    SteadyTime queued_at;
    SteadyTime started_at;  ///< when it got its stream
    SteadyTime deadline;

    int attempts = 0;      ///< streams that it was given
    bool on_wire = false;  ///< its head may have left; never unset while the stream is its own
    std::size_t body_read = 0;

    Response response;
    std::size_t received = 0;
    bool head_arrived = false;
    bool too_large = false;

    bool done = false;
    std::optional<Error> failure;
    std::unique_ptr<Waiter> waiter;

    /// What is known about the request if no more is heard of it.
    [[nodiscard]] Sent sent() const {
        if (response.status >= 200) return Sent::yes;
        // Without its body a request can't have been acted upon.
        if (!on_wire || (!request.body.empty() && body_read == 0)) return Sent::no;
        return Sent::unknown;
    }

    /// Ends it with the answer that is there.
    void succeed() { end(); }
    /// Ends it without a trustworthy answer, unless its caller takes what there is of one.
    void fail(Error::Retry retry, std::string_view code, std::string_view why);
    void fail(Error::Retry retry, std::string_view code, std::string_view why, Sent known);

    /// Forgets the stream it had, so that it can be given another.
    void restart();

  private:
    void end();
};

using ExchangeList = boost::intrusive::list<Exchange, boost::intrusive::constant_time_size<false>>;

}  // namespace barid::http
