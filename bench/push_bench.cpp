#include "bench/push_bench.hpp"

#include <arpa/inet.h>
#include <fmt/format.h>
#include <netinet/in.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <unistd.h>

#include <chrono>
#include <cstdlib>
#include <fstream>
#include <sstream>
#include <stdexcept>
#include <thread>

#include "base/json.hpp"
#include "notify/fcm_message.hpp"

namespace barid::bench {
namespace {

using namespace std::chrono_literals;

constexpr auto kLimit = 300s;  // for one run
constexpr const char* kSelf = "/proc/self/exe";
constexpr const char* kToken = "ya29.bench-token-bench-token-bench-token-bench-token-bench-token";

std::filesystem::path make_folder() {
    std::string pattern = (std::filesystem::temp_directory_path() / "barid-push-XXXXXX").string();
    if (::mkdtemp(pattern.data()) == nullptr) throw std::runtime_error("no temporary directory");
    return pattern;
}

void openssl(std::vector<std::string> arguments) {
    arguments.insert(arguments.begin(), "openssl");
    Process process(arguments, {.quiet = true});
    if (process.wait() != 0) throw std::runtime_error("openssl failed");
}

void write(const std::filesystem::path& path, const std::string& text) {
    std::filesystem::create_directories(path.parent_path());
    std::ofstream(path, std::ios::binary) << text;
}

std::string read(const std::filesystem::path& path) {
    std::ifstream file(path, std::ios::binary);
    return {std::istreambuf_iterator<char>(file), {}};
}

sockaddr_in loopback(int port) {
    sockaddr_in address{};
    address.sin_family = AF_INET;
    address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    address.sin_port = htons(static_cast<std::uint16_t>(port));
    return address;
}

int free_port() {
    const int fd = ::socket(AF_INET, SOCK_STREAM, 0);
    sockaddr_in address = loopback(0);
    socklen_t size = sizeof address;
    ::bind(fd, reinterpret_cast<sockaddr*>(&address), size);
    ::getsockname(fd, reinterpret_cast<sockaddr*>(&address), &size);
    ::close(fd);
    return ntohs(address.sin_port);
}

bool listens(int port) {
    const int fd = ::socket(AF_INET, SOCK_STREAM, 0);
    const sockaddr_in address = loopback(port);
    const bool done =
        ::connect(fd, reinterpret_cast<const sockaddr*>(&address), sizeof address) == 0;
    ::close(fd);
    return done;
}

std::string find_program(const std::string& name, const std::string& package) {
    const char* path = std::getenv("PATH");
    std::stringstream folders(std::string(path != nullptr ? path : "") + ":/usr/sbin");
    for (std::string folder; std::getline(folders, folder, ':');) {
        if (::access((folder + "/" + name).c_str(), X_OK) == 0) return folder + "/" + name;
    }
    throw std::runtime_error(name + " is not installed: apt-get install " + package);
}

double children_cpu() {
    rusage usage{};
    getrusage(RUSAGE_CHILDREN, &usage);
    const auto seconds = [](const timeval& t) {
        return static_cast<double>(t.tv_sec) + static_cast<double>(t.tv_usec) / 1e6;
    };
    return seconds(usage.ru_utime) + seconds(usage.ru_stime);
}

/// `RESULT seconds rss_kb cpu_s accepted`
PushRun read_result(Process& process, std::size_t messages) {
    std::stringstream line(process.read_line(kLimit));
    std::string word;
    double seconds = 0;
    double kilobytes = 0;
    double cpu = 0;
    std::size_t accepted = 0;
    line >> word >> seconds >> kilobytes >> cpu >> accepted;
    if (word != "RESULT" || accepted != messages) {
        throw std::runtime_error(
            fmt::format("{} of {} messages were accepted: {}", accepted, messages, line.str()));
    }
    const auto count = static_cast<double>(messages);
    return {.rate = count / seconds, .cpu_us = cpu * 1e6 / count, .rss_mib = kilobytes / 1024};
}

/// What the client sends, but for the numbers.
std::string message_body() {
    notify::PushMessage message{.nid = "01a2004e-afc2-79e6-a20d-01017fe11224",
                                .title = "تم شحن طلبك",
                                .body = "طلبك رقم \u2068A-10000\u2069 في الطريق إليك",
                                .data = {{"order", "A-10000"}}};
    const notify::Target target{.target = std::string(160, 'x'), .platform = "android"};
    return notify::fcm_request_body(target, message, SystemTime{});
}

}  // namespace

PushStage::PushStage() : folder_(make_folder()) {
    openssl({"req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:prime256v1", "-nodes",
             "-days", "2", "-subj", "/CN=barid bench", "-addext", "subjectAltName=IP:127.0.0.1",
             "-keyout", folder_ / "key.pem", "-out", folder_ / "cert.pem", "-batch"});
    openssl({"genpkey", "-quiet", "-algorithm", "RSA", "-pkeyopt", "rsa_keygen_bits:2048", "-out",
             folder_ / "account.pem"});
    write(folder_ / "root/token",
          fmt::format(R"({{"access_token":"{}","expires_in":3599}})", kToken));
    write(folder_ / "root/v1/projects/bench/messages:send",
          R"({"name":"projects/bench/messages/0:1700000000000000%31bd1c9631bd1c96"})");
    write(folder_ / "body.json", message_body());
}

PushStage::~PushStage() {
    nghttpd_.reset();
    delayed_.reset();
    std::error_code ignored;
    std::filesystem::remove_all(folder_, ignored);
}

std::string PushStage::start_nghttpd() {
    const int port = free_port();
    nghttpd_ = std::make_unique<Process>(std::vector<std::string>{
        find_program("nghttpd", "nghttp2-server"), "-d", folder_ / "root", "-a", "127.0.0.1",
        std::to_string(port), folder_ / "key.pem", folder_ / "cert.pem"});
    const auto until = std::chrono::steady_clock::now() + 10s;
    while (!listens(port)) {
        if (std::chrono::steady_clock::now() > until) {
            throw std::runtime_error("nghttpd doesn't listen");
        }
        std::this_thread::sleep_for(10ms);  // style(sleep): a child has no event to wait for
    }
    return fmt::format("https://127.0.0.1:{}", port);
}

std::string PushStage::start_delayed(int delay_ms) {
    delayed_ = std::make_unique<Process>(std::vector<std::string>{
        kSelf, "--role", "push-server", folder_, std::to_string(delay_ms)});
    const std::string line = delayed_->read_line(10s);
    return "https://127.0.0.1:" + line.substr(line.find(' ') + 1);
}

std::string PushStage::account_file(const std::string& origin) const {
    const std::filesystem::path path = folder_ / "account.json";
    write(path,
          json::serialize(json::object{{"type", "service_account"},
                                       {"project_id", "bench"},
                                       {"private_key_id", "key-1"},
                                       {"private_key", read(folder_ / "account.pem")},
                                       {"client_email", "barid@bench.iam.gserviceaccount.com"},
                                       {"token_uri", origin + "/token"}}));
    return path;
}

PushRun PushStage::run_client(const std::string& origin, std::size_t messages,
                              std::size_t connections) const {
    Process process({kSelf, "--role", "push-client", origin, std::to_string(messages),
                     std::to_string(connections * 100), std::to_string(connections), ca_file(),
                     account_file(origin)});
    return read_result(process, messages);
}

PushRun PushStage::run_firebase(const std::string& origin, std::size_t messages) const {
    const std::filesystem::path peers = BARID_BENCH_PEERS;
    if (!std::filesystem::exists(peers / "node_modules/firebase-admin")) {
        throw std::runtime_error("the peers are not installed: run `npm ci` in " + peers.string());
    }
    Process process({"node", peers / "firebase.mjs", origin, ca_file(), std::to_string(messages)});
    return read_result(process, messages);
}

PushRun PushStage::run_h2load(const std::string& origin, std::size_t messages,
                              std::size_t connections) const {
    const double before = children_cpu();
    Process process({find_program("h2load", "nghttp2-client"), "-n", std::to_string(messages), "-c",
                     std::to_string(connections), "-m", "100", "-d", folder_ / "body.json", "-H",
                     "content-type: application/json; charset=utf-8", "-H",
                     std::string("authorization: Bearer ") + kToken,
                     origin + "/v1/projects/bench/messages:send"});
    std::string line;
    while (!line.starts_with("finished in ")) line = process.read_line(kLimit);
    const std::string counts = process.read_line(kLimit);
    if (counts.find(fmt::format(" {} succeeded", messages)) == std::string::npos) {
        throw std::runtime_error("h2load: " + counts);
    }
    const std::size_t rate = line.find(", ");
    process.close_input();
    process.wait();
    return {.rate = std::strtod(line.c_str() + rate + 2, nullptr),
            .cpu_us = (children_cpu() - before) * 1e6 / static_cast<double>(messages)};
}

}  // namespace barid::bench
