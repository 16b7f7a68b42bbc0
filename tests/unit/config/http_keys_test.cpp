// [http] beside its address: TLS, proxies, limits.
#include <gmock/gmock.h>

#include "tests/unit/config/fixture.hpp"

namespace barid::config {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;

class ConfigHttp : public ConfigTest {};

TEST_F(ConfigHttp, ReadsEveryKey) {
    const Settings settings = load_text(
        "[http]\nmax_connections = 500\nmax_connections_per_address = 20\n"
        "tls_certificate_file = '/etc/barid/chain.pem'\ntls_key_file = '/etc/barid/key.pem'\n"
        "trusted_proxies = ['127.0.0.1', '10.0.0.0/8', 'fd00::/8']\nforwarded_by = 'forwarded'\n");
    EXPECT_EQ(settings.http.max_connections, 500);
    EXPECT_EQ(settings.http.max_connections_per_address, 20);
    EXPECT_EQ(settings.http.tls_certificate_file, "/etc/barid/chain.pem");
    EXPECT_EQ(settings.http.tls_key_file, "/etc/barid/key.pem");
    EXPECT_THAT(settings.http.trusted_proxies, ElementsAre("127.0.0.1", "10.0.0.0/8", "fd00::/8"));
    EXPECT_EQ(settings.http.forwarded_by, ForwardedBy::forwarded);
}

TEST_F(ConfigHttp, ACertificateAndItsKeyComeTogether) {
    EXPECT_THAT(problems("[http]\ntls_key_file = 'key.pem'\n"),
                ElementsAre(HasSubstr("http.tls_certificate_file: is required when "
                                      "http.tls_key_file is set")));
    EXPECT_THAT(problems("[http]\ntls_certificate_file = 'chain.pem'\n"),
                ElementsAre(HasSubstr("http.tls_key_file: is required when "
                                      "http.tls_certificate_file is set")));
}

TEST_F(ConfigHttp, NetworksThatTrustMoreThanTheySayAreRefused) {
    EXPECT_THAT(problems("[http]\ntrusted_proxies = ['10.1.2.3/8']\n"),
                ElementsAre(HasSubstr("\"10.1.2.3/8\" is not")));
    EXPECT_THAT(problems("[http]\ntrusted_proxies = ['proxy.example']\nmax_connections = 0\n"
                         "forwarded_by = 'via'\n"),
                testing::SizeIs(3));
}

}  // namespace
}  // namespace barid::config
