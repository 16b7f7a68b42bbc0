// Mail by SMTP (RFC 5321) through libcurl: one message to one recipient at a time.
//
// libcurl waits for the answer to a message's end without giving its thread back, so conversations
// have threads of their own and the io thread waits for none of them. A thread keeps its connection
// for the next message. A message is never sent twice behind the caller's back.
// `send` says how far the conversation came and what the server said last; it doesn't throw for
// what a server does. Cancelling the awaiting coroutine breaks the conversation off within about a
// second. Use a client on one io thread; its destructor
// ends what is under way and must run before the io_context's.
#pragma once

#include <atomic>
#include <chrono>
#include <memory>
#include <string>

#include "base/asio.hpp"
#include "base/run_on.hpp"
#include "base/secret.hpp"

namespace barid::smtp {

struct ClientOptions {
    std::string url;            ///< smtp://host:587 (STARTTLS) or smtps://host:465
    std::string username = {};  ///< empty: no login. With one, TLS is required whatever is said.
    Secret password = {};
    bool require_tls = true;  ///< false: STARTTLS when the server offers it
    /// PEM file with the certificate authorities to trust; empty: the system's.
    std::string ca_file = {};
    std::string hello = {};  ///< our name in EHLO; empty: the host's
    std::size_t connections = 4;
    std::chrono::milliseconds connect_timeout{10'000};
    std::chrono::milliseconds total_timeout{60'000};
};

struct Mail {
    std::string from;     ///< the envelope's sender: bounces go there; ASCII, no blanks or <>
    std::string to;       ///< likewise
    std::string content;  ///< header and body, lines ending with CRLF; dots are seen to here
};

/// What the server was asked last. Before `end` was asked it can't have taken the message.
enum class Stage { connect, greeting, tls, login, sender, recipient, content, end };

struct Outcome {
    Stage stage = Stage::connect;
    int code = 0;            ///< of the last reply, to `stage`; 0: none came
    std::string reply = {};  ///< its text without the codes, lines joined by blanks; foreign bytes
    std::string enhanced = {};  ///< "5.1.1" (RFC 3463), when the server says such things
    bool login_refused = false;
    bool tls_failed = false;  ///< not offered, or its certificate is no good
    bool cancelled = false;
    std::string error = {};  ///< what broke off the conversation, in libcurl's words
};

class Client {
  public:
    /// Throws a permanent Error when `ca_file` can't be read.
    explicit Client(ClientOptions options);
    ~Client();
    Client(const Client&) = delete;
    Client& operator=(const Client&) = delete;

    awaitable<Outcome> send(Mail mail);

    [[nodiscard]] const ClientOptions& options() const { return options_; }

  private:
    class Handles;

    ClientOptions options_;
    std::unique_ptr<Handles> handles_;
    std::atomic<bool> stopping_{false};
    ThreadPool threads_;
};

}  // namespace barid::smtp
