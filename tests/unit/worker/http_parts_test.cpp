// From [http] to the server's options, and what doctor says of its certificate.
#include "worker/http_parts.hpp"

#include <gmock/gmock.h>
#include <stdlib.h>

#include <filesystem>
#include <fstream>

#include "tests/support/certificate.hpp"
#include "worker/doctor_checks.hpp"
#include "worker/version.hpp"

namespace barid::worker {
namespace {

namespace fs = std::filesystem;
using testing::HasSubstr;
using testing::IsEmpty;
using testing::SizeIs;
using Level = Finding::Level;

TEST(HttpParts, HandOnWhatTheOperatorChose) {
    const auto options = http_options({.bind = {"::1", 9000},
                                       .max_connections = 5,
                                       .max_connections_per_address = 3,
                                       .tls_certificate_file = "chain.pem",
                                       .tls_key_file = "key.pem",
                                       .trusted_proxies = {"10.0.0.0/8"},
                                       .forwarded_by = config::ForwardedBy::forwarded});
    EXPECT_EQ(options.address, "::1");
    EXPECT_EQ(options.port, 9000);
    EXPECT_EQ(options.version, kVersion);
    EXPECT_EQ(options.max_connections, 5U);
    EXPECT_EQ(options.max_connections_per_address, 3U);
    EXPECT_EQ(options.tls_certificate_file, "chain.pem");
    EXPECT_EQ(options.tls_key_file, "key.pem");
    EXPECT_THAT(options.trusted_proxies, testing::ElementsAre("10.0.0.0/8"));
    EXPECT_EQ(options.forwarded_by, web::ForwardedBy::forwarded);
    EXPECT_EQ(http_options({}).forwarded_by, web::ForwardedBy::x_forwarded);
}

class DoctorCertificate : public testing::Test {
  protected:
    DoctorCertificate() {
        auto pattern = (fs::temp_directory_path() / "barid-test.XXXXXX").string();
        if (::mkdtemp(pattern.data()) == nullptr) throw std::runtime_error("no directory");
        root = pattern;
        const auto made = support::make_certificate("shop.example");
        std::ofstream(root / "chain.pem") << made.certificate_pem;
        std::ofstream(root / "key.pem") << made.key_pem;
        std::ofstream(root / "other.pem") << support::make_certificate("other.example").key_pem;
        settings.admin.enabled = true;
        settings.http.bind = {"0.0.0.0", 8443};
    }
    ~DoctorCertificate() override { fs::remove_all(root); }

    fs::path root;
    config::Settings settings;
};

TEST_F(DoctorCertificate, ThatFitsIsFineAndOneThatDoesntNamesTheFile) {
    settings.http.tls_certificate_file = root / "chain.pem";
    settings.http.tls_key_file = root / "key.pem";
    ASSERT_THAT(check_certificate(settings), SizeIs(1));
    EXPECT_EQ(check_certificate(settings)[0].level, Level::ok);
    settings.http.tls_key_file = root / "other.pem";
    const auto findings = check_certificate(settings);
    ASSERT_THAT(findings, SizeIs(1));
    EXPECT_EQ(findings[0].level, Level::problem);
    EXPECT_THAT(findings[0].text, HasSubstr("other.pem"));
}

TEST_F(DoctorCertificate, IsMissedOnlyWherePasswordsWouldCrossTheNetwork) {
    ASSERT_THAT(check_certificate(settings), SizeIs(1));
    EXPECT_EQ(check_certificate(settings)[0].level, Level::warning);
    auto other = settings;
    other.http.bind = {"127.0.0.1", 8787};
    EXPECT_THAT(check_certificate(other), IsEmpty());
    other = settings;
    other.http.trusted_proxies = {"10.0.0.2"};
    EXPECT_THAT(check_certificate(other), IsEmpty());
    other = settings;
    other.admin.enabled = false;
    EXPECT_THAT(check_certificate(other), IsEmpty());
    other.http.bind = {};
    EXPECT_THAT(check_certificate(other), IsEmpty());
}

}  // namespace
}  // namespace barid::worker
