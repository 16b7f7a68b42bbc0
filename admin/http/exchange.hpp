// One request and its answer on a connection: read, judge, hand over, write.
//
// Lives for one request; io thread only. Handlers are coroutines, so that one that waits keeps
// nobody else. Internal to the server.
#pragma once

#include <string>
#include <string_view>

#include "admin/http/connection.hpp"
#include "admin/http/connections.hpp"
#include "admin/http/guard.hpp"
#include "admin/http/message.hpp"
#include "admin/http/site.hpp"

namespace barid::web {

class Exchange {
  public:
    Exchange(const Site& site, Connection& connection, Connections::Place& place)
        : site_(site), connection_(connection), place_(place) {}

    /// False when the connection is to be closed. `last`: after this request in any case.
    awaitable<bool> run(bool last);

  private:
    /// False when there is no request; `refusal_` says whether that deserves an answer.
    awaitable<bool> read_head();
    void take_head(GuardedHead head);
    awaitable<bool> serve_application(const Application& application);
    awaitable<bool> serve_route();
    awaitable<bool> serve_media_file(std::string key);

    /// False when the body couldn't be read; `refusal_` has the answer then, if there is one.
    awaitable<bool> read_body(std::size_t max_bytes);
    awaitable<bool> read_sized(std::size_t max_bytes);
    awaitable<bool> read_chunked(std::size_t max_bytes);
    awaitable<bool> read_more_body(Clock::time_point began, std::size_t received);

    awaitable<bool> refuse(Refusal refusal);
    awaitable<bool> send(const Response& response);
    awaitable<bool> send(const Response& response, std::string_view body);
    awaitable<bool> stream(Response response);
    [[nodiscard]] bool has_body() const { return framing_.kind != Framing::Kind::none; }

    const Site& site_;
    Connection& connection_;
    Connections::Place& place_;
    Request request_;
    Framing framing_;
    Refusal refusal_{.status = 0, .reason = {}};
    // Of the request, which itself moves on to the application.
    std::string id_;
    bool head_only_ = false;
    int version_ = 11;
    bool keep_ = false;
    bool as_problem_ = false;  ///< refusals are problem+json: the request is an application's
};

}  // namespace barid::web
