#include "tests/integration/cli/cli.hpp"

#include <arpa/inet.h>
#include <netinet/in.h>
#include <sys/socket.h>
#include <unistd.h>

#include <cstdlib>
#include <fstream>
#include <sstream>
#include <stdexcept>

#include "base/crypto.hpp"

namespace barid::support {
namespace {

std::string read(const std::filesystem::path& path) {
    std::ostringstream text;
    text << std::ifstream(path).rdbuf();
    return text.str();
}

std::string describe(const CliResult& result) {
    return "exit code " + std::to_string(result.code) + "\nstdout: " + result.out +
           "\nstderr: " + result.err;
}

}  // namespace

testing::AssertionResult failed(const CliResult& result, int code, const std::string& words) {
    if (result.code == code && result.err.find(words) != std::string::npos) {
        return testing::AssertionSuccess();
    }
    return testing::AssertionFailure()
           << "wanted exit code " << code << " and \"" << words << "\", got " << describe(result);
}

testing::AssertionResult succeeded(const CliResult& result, const std::string& words) {
    if (result.code == 0 && result.out.find(words) != std::string::npos) {
        return testing::AssertionSuccess();
    }
    return testing::AssertionFailure()
           << "wanted success and \"" << words << "\", got " << describe(result);
}

std::vector<json::value> json_lines(const std::string& text) {
    std::vector<json::value> values;
    std::istringstream lines(text);
    for (std::string line; std::getline(lines, line);) values.push_back(parse_json(line));
    return values;
}

Cli::Cli() : directory_(std::filesystem::temp_directory_path() / ("barid-cli-" + random_uuid())) {
    std::filesystem::create_directories(directory_);
    environment = {{"PATH", std::getenv("PATH")},
                   {"BARID_HTTP_BIND", "off"},
                   {"BARID_MEDIA_LOCAL_DIRECTORY", (directory_ / "media").string()}};
    // What makes a sanitizer's or a coverage build behave.
    for (const char* name :
         {"ASAN_OPTIONS", "UBSAN_OPTIONS", "LSAN_OPTIONS", "TSAN_OPTIONS", "LLVM_PROFILE_FILE"}) {
        if (const char* value = std::getenv(name)) environment[name] = value;
    }
}

Cli::~Cli() {
    std::error_code ignored;
    std::filesystem::remove_all(directory_, ignored);
}

std::string Cli::file(const std::string& name, const std::string& content) {
    const auto path = directory_ / name;
    std::ofstream(path) << content;
    return path.string();
}

std::unique_ptr<ChildProcess> Cli::start(const std::vector<std::string>& arguments) {
    ++runs_;
    // `env -i` keeps the test's own DATABASE_URL and BARID_… away from the program.
    std::vector<std::string> command{"env", "-i"};
    for (const auto& [name, value] : environment) command.push_back(name + "=" + value);
    const std::string errors = (directory_ / ("stderr" + std::to_string(runs_))).string();
    command.insert(command.end(), {"sh", "-c", R"(exec "$@" 2>"$0")", errors, BARID_PROGRAM});
    command.insert(command.end(), arguments.begin(), arguments.end());
    return std::make_unique<ChildProcess>(command);
}

std::string Cli::stderr_text() const {
    return read(directory_ / ("stderr" + std::to_string(runs_)));
}

CliResult Cli::run(const std::vector<std::string>& arguments, std::chrono::seconds limit) {
    const auto child = start(arguments);
    CliResult result;
    result.code = child->wait(limit).value_or(-1);
    result.out = child->output();
    result.err = stderr_text();
    return result;
}

TakenPort::TakenPort() : fd_(::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0)) {
    sockaddr_in address{};
    address.sin_family = AF_INET;
    address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    socklen_t size = sizeof address;
    auto* generic = reinterpret_cast<sockaddr*>(&address);
    if (::bind(fd_, generic, size) != 0 || ::listen(fd_, 8) != 0 ||
        ::getsockname(fd_, generic, &size) != 0) {
        ::close(fd_);
        throw std::runtime_error("no port could be taken");
    }
    port_ = ntohs(address.sin_port);
}

TakenPort::~TakenPort() {
    ::close(fd_);
}

std::string free_port() {
    return TakenPort().text();
}

std::string with_user(const std::string& url, const std::string& user) {
    const auto begin = url.find("://") + 3;
    return url.substr(0, begin) + user + url.substr(url.find('@', begin));
}

std::string with_database(const std::string& url, const std::string& database) {
    const auto query = url.find('?');
    const std::string base = url.substr(0, query);
    const std::string tail = query == std::string::npos ? "" : url.substr(query);
    return base.substr(0, base.find('/', base.find("://") + 3)) + "/" + database + tail;
}

}  // namespace barid::support
