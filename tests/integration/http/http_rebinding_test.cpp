// A resolver that changes its mind: what is connected decides, not what was once resolved.
//
// This program's own getaddrinfo stands before the C library's, and libcurl calls it; it answers
// for one name from a list, and hands every other name on.
#include <dlfcn.h>
#include <gmock/gmock.h>
#include <netdb.h>

#include <deque>
#include <mutex>

#include "tests/integration/http/http_fixture.hpp"

namespace barid {
namespace {

constexpr const char* kName = "rebinding.test";

struct Resolver {
    std::mutex mutex;
    std::deque<std::vector<std::string>> answers;  ///< the last stays
    int asked = 0;
};
Resolver& resolver() {
    static Resolver one;
    return one;
}

std::vector<std::string> next_answer() {
    Resolver& r = resolver();
    const std::lock_guard lock(r.mutex);
    ++r.asked;
    std::vector<std::string> answer = r.answers.front();
    if (r.answers.size() > 1) r.answers.pop_front();
    return answer;
}

using Getaddrinfo = int (*)(const char*, const char*, const addrinfo*, addrinfo**);

}  // namespace
}  // namespace barid

// NOLINTNEXTLINE(readability-inconsistent-declaration-parameter-name): the C library's own
extern "C" int getaddrinfo(const char* node, const char* service, const addrinfo* hints,
                           addrinfo** result) {
    using namespace barid;
    static const auto real = reinterpret_cast<Getaddrinfo>(dlsym(RTLD_NEXT, "getaddrinfo"));
    if (node == nullptr || std::string_view(node) != kName) {
        return real(node, service, hints, result);
    }
    addrinfo** end = result;
    for (const std::string& address : next_answer()) {
        const int failed = real(address.c_str(), service, hints, end);
        if (failed != 0) return failed;
        while (*end != nullptr) end = &(*end)->ai_next;
    }
    return 0;
}

namespace barid {
namespace {

using http::Addresses;
using http::Request;

class HttpRebinding : public support::HttpTest {
  protected:
    void answer(std::deque<std::vector<std::string>> answers) {
        const std::lock_guard lock(resolver().mutex);
        resolver().answers = std::move(answers);
        resolver().asked = 0;
    }
    int asked() {
        const std::lock_guard lock(resolver().mutex);
        return resolver().asked;
    }
    Request guarded(const std::string& path) {
        Request request{.url =
                            std::string("http://") + kName + plain.substr(plain.rfind(':')) + path};
        request.headers = {{"X-Id", "rebound"}};
        request.addresses = Addresses::public_only;
        request.connect_timeout = std::chrono::milliseconds(300);
        return request;
    }
};

TEST_F(HttpRebinding, StandsBeforeTheResolverOfTheSystem) {
    answer({{"127.0.0.1"}});
    Request request = guarded("/status/200");
    request.addresses = Addresses::any;
    EXPECT_EQ(send(request).status, 200);
    EXPECT_EQ(asked(), 1);
}

TEST_F(HttpRebinding, APrivateAddressAfterAPublicOneIsRefused) {
    answer({{"2000::1"}, {"127.0.0.1"}});
    // Nobody has that address yet; whatever becomes of it, the name was good then.
    EXPECT_NE(send_error(guarded("/echo")).code(), "address_denied");
    replace_client({});  // its cache forgets the name, as it does after a minute
    const auto error = send_error(guarded("/echo"));
    EXPECT_EQ(error.code(), "address_denied") << error.what();
    EXPECT_EQ(asked(), 2);
    EXPECT_EQ(seen("rebound"), 0);
}

TEST_F(HttpRebinding, APrivateAddressBesideAPublicOneIsNeverConnected) {
    for (const std::string hidden : {"127.0.0.1", "10.0.0.1", "::1", "::ffff:127.0.0.1"}) {
        answer({{"2000::1", hidden}});
        replace_client({});
        (void)send_error(guarded("/echo"));
    }
    EXPECT_EQ(seen("rebound"), 0);
}

TEST_F(HttpRebinding, EveryPrivateRangeIsRefusedWhateverTheNameIs) {
    for (const std::string address :
         {"10.1.2.3", "172.16.0.1", "192.168.1.1", "100.64.0.1", "169.254.169.254", "0.0.0.0",
          "fe80::1", "fc00::1", "fd00:ec2::254", "::ffff:10.0.0.1", "64:ff9b::10.0.0.1",
          "2002:7f00:1::", "2001:0:808:808:0:0:80ff:fffe", "2606:4700::5efe:a00:1"}) {
        answer({{address}});
        replace_client({});
        const auto error = send_error(guarded("/echo"));
        EXPECT_EQ(error.code(), "address_denied") << address << ": " << error.what();
        EXPECT_EQ(error.sent(), http::Sent::no);
    }
}

}  // namespace
}  // namespace barid
