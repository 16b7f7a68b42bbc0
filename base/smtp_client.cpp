#include "base/smtp_client.hpp"

#include <curl/curl.h>
#include <sys/socket.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cctype>
#include <cstring>
#include <mutex>
#include <string_view>
#include <vector>

#include "base/error.hpp"

namespace barid::smtp {
namespace {

constexpr std::size_t kMaxReplyBytes = 2000;
constexpr std::chrono::seconds kMaxIdle{30};  // servers hang up after a minute or more

/// An easy handle and the socket that it keeps open between messages.
struct Handle {
    Handle() : easy(curl_easy_init()) {
        if (easy == nullptr) throw std::bad_alloc();
    }
    ~Handle() {
        // libcurl would wait two minutes for the answer to its QUIT.
        if (socket >= 0) ::shutdown(socket, SHUT_RD);
        curl_easy_cleanup(easy);
    }
    Handle(const Handle&) = delete;
    Handle& operator=(const Handle&) = delete;

    CURL* easy;
    curl_socket_t socket = -1;
};

void init_libcurl_once() {
    static const CURLcode code = curl_global_init(CURL_GLOBAL_DEFAULT);
    if (code != CURLE_OK) {
        throw Error(Error::Retry::permanent, std::string("libcurl: ") + curl_easy_strerror(code));
    }
}

bool starts_with(std::string_view line, std::string_view command) {
    return line.substr(0, command.size()) == command;
}

/// "5.1.1" at the beginning of a reply's text, or nothing.
std::string_view enhanced_code(std::string_view text) {
    std::size_t at = 0;
    for (int part = 0; part < 3; ++part) {
        const std::size_t begin = at;
        while (at < text.size() && std::isdigit(static_cast<unsigned char>(text[at])) != 0) ++at;
        if (at == begin || at - begin > 3) return {};
        if (part < 2 && (at >= text.size() || text[at++] != '.')) return {};
    }
    if (at < text.size() && text[at] != ' ') return {};
    return text.substr(0, at);
}

/// One message on its way; lives on a thread of the client's.
class Conversation {
  public:
    Conversation(Handle& handle, const ClientOptions& options, const Mail& mail,
                 std::array<const std::atomic<bool>*, 2> stops)
        : handle_(handle), options_(options), mail_(mail), stops_(stops) {
        set_connection();
        set_login();
        set_message();
    }

    Outcome run();

  private:
    static std::size_t on_read(char* buffer, std::size_t size, std::size_t count, void* self);
    static std::size_t on_reply(char* data, std::size_t size, std::size_t count, void* self);
    static int on_debug(CURL*, curl_infotype kind, char* data, std::size_t size, void* self);
    static int on_progress(void* self, curl_off_t, curl_off_t, curl_off_t, curl_off_t);
    static curl_socket_t on_open(void* handle, curlsocktype, curl_sockaddr* address);
    static int on_close(void* handle, curl_socket_t socket);

    void set_connection();
    void set_login();
    void set_message();
    void enter(Stage stage);
    void take_command(std::string_view line);
    void take_reply(std::string_view line);
    void take_sent(std::size_t bytes);
    [[nodiscard]] bool left_by_server() const;
    [[nodiscard]] bool stopped() const {
        return stops_[0]->load(std::memory_order_relaxed) ||
               stops_[1]->load(std::memory_order_relaxed);
    }

    Handle& handle_;
    const ClientOptions& options_;
    const Mail& mail_;
    std::array<const std::atomic<bool>*, 2> stops_;
    std::unique_ptr<curl_slist, decltype(&curl_slist_free_all)> recipients_{nullptr,
                                                                            curl_slist_free_all};
    std::array<char, CURL_ERROR_SIZE> message_{};
    std::size_t read_ = 0;
    std::size_t sent_ = 0;  ///< with the dots that libcurl doubles
    bool leaving_ = false;
    Outcome outcome_;
};

void Conversation::set_connection() {
    CURL* easy = handle_.easy;
    curl_easy_reset(easy);
    std::string url = options_.url;
    if (!options_.hello.empty()) url += "/" + options_.hello;
    curl_easy_setopt(easy, CURLOPT_URL, url.c_str());
    curl_easy_setopt(easy, CURLOPT_PROTOCOLS_STR, "smtp,smtps");
    curl_easy_setopt(easy, CURLOPT_PROXY, "");
    curl_easy_setopt(easy, CURLOPT_NOSIGNAL, 1L);
    const bool required = options_.require_tls || !options_.username.empty();
    curl_easy_setopt(easy, CURLOPT_USE_SSL,
                     static_cast<long>(required ? CURLUSESSL_ALL : CURLUSESSL_TRY));
    curl_easy_setopt(easy, CURLOPT_SSLVERSION, static_cast<long>(CURL_SSLVERSION_TLSv1_2));
    curl_easy_setopt(easy, CURLOPT_SSL_VERIFYPEER, 1L);
    curl_easy_setopt(easy, CURLOPT_SSL_VERIFYHOST, 2L);
    if (!options_.ca_file.empty()) {
        curl_easy_setopt(easy, CURLOPT_CAINFO, options_.ca_file.c_str());
        curl_easy_setopt(easy, CURLOPT_CAPATH, nullptr);
    }
    const auto total = static_cast<long>(options_.total_timeout.count());
    curl_easy_setopt(easy, CURLOPT_CONNECTTIMEOUT_MS,
                     static_cast<long>(options_.connect_timeout.count()));
    curl_easy_setopt(easy, CURLOPT_TIMEOUT_MS, total);
    curl_easy_setopt(easy, CURLOPT_SERVER_RESPONSE_TIMEOUT, std::max(1L, total / 1000));
    curl_easy_setopt(easy, CURLOPT_MAXCONNECTS, 1L);
    curl_easy_setopt(easy, CURLOPT_MAXAGE_CONN, static_cast<long>(kMaxIdle.count()));
    curl_easy_setopt(easy, CURLOPT_TCP_KEEPALIVE, 1L);
    curl_easy_setopt(easy, CURLOPT_ERRORBUFFER, message_.data());
    curl_easy_setopt(easy, CURLOPT_OPENSOCKETFUNCTION, &Conversation::on_open);
    curl_easy_setopt(easy, CURLOPT_OPENSOCKETDATA, &handle_);
    curl_easy_setopt(easy, CURLOPT_CLOSESOCKETFUNCTION, &Conversation::on_close);
    curl_easy_setopt(easy, CURLOPT_CLOSESOCKETDATA, &handle_);
}

void Conversation::set_login() {
    if (options_.username.empty()) return;
    CURL* easy = handle_.easy;
    curl_easy_setopt(easy, CURLOPT_USERNAME, options_.username.c_str());
    curl_easy_setopt(easy, CURLOPT_PASSWORD, options_.password.reveal().c_str());
    // Under TLS these two say it all; the others would ask for tickets and challenges.
    curl_easy_setopt(easy, CURLOPT_LOGIN_OPTIONS, "AUTH=PLAIN;AUTH=LOGIN");
    curl_easy_setopt(easy, CURLOPT_SASL_IR, 1L);
}

void Conversation::set_message() {
    CURL* easy = handle_.easy;
    curl_easy_setopt(easy, CURLOPT_MAIL_FROM, mail_.from.c_str());
    recipients_.reset(curl_slist_append(nullptr, mail_.to.c_str()));
    if (!recipients_) throw std::bad_alloc();
    curl_easy_setopt(easy, CURLOPT_MAIL_RCPT, recipients_.get());
    curl_easy_setopt(easy, CURLOPT_UPLOAD, 1L);
    curl_easy_setopt(easy, CURLOPT_INFILESIZE_LARGE, static_cast<curl_off_t>(mail_.content.size()));
    curl_easy_setopt(easy, CURLOPT_READFUNCTION, &Conversation::on_read);
    curl_easy_setopt(easy, CURLOPT_READDATA, this);
    curl_easy_setopt(easy, CURLOPT_HEADERFUNCTION, &Conversation::on_reply);
    curl_easy_setopt(easy, CURLOPT_HEADERDATA, this);
    // The only way to learn which command is under way. It sees the password: what it is told goes
    // no further than the first word.
    curl_easy_setopt(easy, CURLOPT_VERBOSE, 1L);
    curl_easy_setopt(easy, CURLOPT_DEBUGFUNCTION, &Conversation::on_debug);
    curl_easy_setopt(easy, CURLOPT_DEBUGDATA, this);
    curl_easy_setopt(easy, CURLOPT_NOPROGRESS, 0L);
    curl_easy_setopt(easy, CURLOPT_XFERINFOFUNCTION, &Conversation::on_progress);
    curl_easy_setopt(easy, CURLOPT_XFERINFODATA, this);
}

Outcome Conversation::run() {
    CURLcode code = stopped() ? CURLE_ABORTED_BY_CALLBACK : curl_easy_perform(handle_.easy);
    if (code != CURLE_OK && !stopped() && left_by_server()) {
        outcome_ = {};
        leaving_ = false;
        message_[0] = '\0';
        curl_easy_setopt(handle_.easy, CURLOPT_FRESH_CONNECT, 1L);
        code = curl_easy_perform(handle_.easy);
    }
    // The connection outlives this object; nothing of it may be called any more.
    curl_easy_setopt(handle_.easy, CURLOPT_HEADERFUNCTION, nullptr);
    curl_easy_setopt(handle_.easy, CURLOPT_HEADERDATA, nullptr);
    curl_easy_setopt(handle_.easy, CURLOPT_VERBOSE, 0L);
    curl_easy_setopt(handle_.easy, CURLOPT_NOPROGRESS, 1L);
    curl_easy_setopt(handle_.easy, CURLOPT_ERRORBUFFER, nullptr);
    outcome_.cancelled = code == CURLE_ABORTED_BY_CALLBACK;
    outcome_.login_refused = code == CURLE_LOGIN_DENIED;
    outcome_.tls_failed = code == CURLE_USE_SSL_FAILED || code == CURLE_SSL_CONNECT_ERROR ||
                          code == CURLE_PEER_FAILED_VERIFICATION ||
                          code == CURLE_SSL_CACERT_BADFILE || code == CURLE_SSL_ISSUER_ERROR;
    if (code != CURLE_OK) {
        outcome_.error = message_[0] != '\0' ? message_.data() : curl_easy_strerror(code);
    }
    return std::move(outcome_);
}

/// A connection that was kept may have been closed by the server meanwhile, or be closed now,
/// since it has carried enough: a new one is worth a try, and nothing was said about the message.
bool Conversation::left_by_server() const {
    long connects = 1;
    curl_easy_getinfo(handle_.easy, CURLINFO_NUM_CONNECTS, &connects);
    const bool untold = outcome_.stage == Stage::connect || outcome_.stage == Stage::sender;
    return connects == 0 && untold && (outcome_.code == 0 || outcome_.code == 421);
}

void Conversation::enter(Stage stage) {
    outcome_.stage = stage;
    outcome_.code = 0;
    outcome_.reply.clear();
    outcome_.enhanced.clear();
}

void Conversation::take_command(std::string_view line) {
    // Said after a failure; the answer to it is no news.
    if (starts_with(line, "QUIT")) leaving_ = true;
    if (starts_with(line, "EHLO") || starts_with(line, "HELO")) return enter(Stage::greeting);
    if (starts_with(line, "STARTTLS")) return enter(Stage::tls);
    if (starts_with(line, "AUTH")) return enter(Stage::login);
    if (starts_with(line, "MAIL FROM:")) return enter(Stage::sender);
    if (starts_with(line, "RCPT TO:")) return enter(Stage::recipient);
    if (starts_with(line, "DATA")) return enter(Stage::content);
}

/// Once everything is on its way, the next thing that libcurl sends is the message's end.
void Conversation::take_sent(std::size_t bytes) {
    sent_ += bytes;
    if (sent_ >= mail_.content.size() && outcome_.stage == Stage::content) enter(Stage::end);
}

void Conversation::take_reply(std::string_view line) {
    if (leaving_) return;
    while (!line.empty() && (line.back() == '\r' || line.back() == '\n')) line.remove_suffix(1);
    int code = 0;
    for (const char c : line.substr(0, 3)) {
        if (c < '0' || c > '9') return;
        code = code * 10 + (c - '0');
    }
    if (code < 100) return;
    if (outcome_.stage == Stage::connect) enter(Stage::greeting);
    std::string_view text = line.substr(std::min<std::size_t>(line.size(), 4));
    const std::string_view enhanced = enhanced_code(text);
    if (!enhanced.empty()) {
        outcome_.enhanced = enhanced;
        text.remove_prefix(std::min(text.size(), enhanced.size() + 1));
    }
    if (code != outcome_.code) outcome_.reply.clear();
    outcome_.code = code;
    if (outcome_.reply.size() + text.size() > kMaxReplyBytes) return;
    if (!outcome_.reply.empty()) outcome_.reply += ' ';
    outcome_.reply += text;
}

std::size_t Conversation::on_read(char* buffer, std::size_t size, std::size_t count, void* self) {
    auto* const me = static_cast<Conversation*>(self);
    const std::size_t room = std::min(size * count, me->mail_.content.size() - me->read_);
    std::memcpy(buffer, me->mail_.content.data() + me->read_, room);
    me->read_ += room;
    return room;
}

std::size_t Conversation::on_reply(char* data, std::size_t size, std::size_t count, void* self) {
    static_cast<Conversation*>(self)->take_reply({data, size * count});
    return size * count;
}

int Conversation::on_debug(CURL*, curl_infotype kind, char* data, std::size_t size, void* self) {
    auto* const me = static_cast<Conversation*>(self);
    if (kind == CURLINFO_HEADER_OUT) me->take_command({data, size});
    if (kind == CURLINFO_DATA_OUT) me->take_sent(size);
    return 0;
}

int Conversation::on_progress(void* self, curl_off_t, curl_off_t, curl_off_t, curl_off_t) {
    return static_cast<Conversation*>(self)->stopped() ? 1 : 0;
}

curl_socket_t Conversation::on_open(void* handle, curlsocktype, curl_sockaddr* address) {
    const int socket =
        ::socket(address->family, address->socktype | SOCK_CLOEXEC, address->protocol);
    static_cast<Handle*>(handle)->socket = socket;
    return socket;
}

int Conversation::on_close(void* handle, curl_socket_t socket) {
    auto* const owner = static_cast<Handle*>(handle);
    if (owner->socket == socket) owner->socket = -1;
    return ::close(socket);
}

}  // namespace

/// The handles that no thread uses just now.
class Client::Handles {
  public:
    std::unique_ptr<Handle> take() {
        const std::scoped_lock lock(mutex_);
        if (free_.empty()) return std::make_unique<Handle>();
        auto handle = std::move(free_.back());
        free_.pop_back();
        return handle;
    }
    void give_back(std::unique_ptr<Handle> handle) {
        const std::scoped_lock lock(mutex_);
        free_.push_back(std::move(handle));
    }

  private:
    std::mutex mutex_;
    std::vector<std::unique_ptr<Handle>> free_;
};

Client::Client(ClientOptions options)
    : options_(std::move(options)),
      handles_(std::make_unique<Handles>()),
      threads_(std::max<std::size_t>(1, options_.connections)) {
    init_libcurl_once();
    if (!options_.ca_file.empty() && ::access(options_.ca_file.c_str(), R_OK) != 0) {
        throw Error(Error::Retry::permanent, "mail: can't read the CA file " + options_.ca_file);
    }
}

Client::~Client() {
    stopping_ = true;
    threads_.join();
}

awaitable<Outcome> Client::send(Mail mail) {
    std::atomic<bool> cancelled{false};
    auto state = co_await asio::this_coro::cancellation_state;
    if (state.cancelled() != asio::cancellation_type::none) {
        co_return Outcome{.cancelled = true, .error = "cancelled"};
    }
    auto slot = state.slot();
    if (slot.is_connected()) slot.assign([&](asio::cancellation_type) { cancelled = true; });
    Outcome outcome = co_await run_on(threads_, [&] {
        auto handle = handles_->take();
        Outcome result = Conversation(*handle, options_, mail, {&stopping_, &cancelled}).run();
        handles_->give_back(std::move(handle));
        return result;
    });
    if (slot.is_connected()) slot.clear();
    co_return outcome;
}

}  // namespace barid::smtp
