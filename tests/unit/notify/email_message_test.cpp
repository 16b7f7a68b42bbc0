#include "notify/email_message.hpp"

#include <gmock/gmock.h>
#include <rapidcheck/gtest.h>

#include "base/crypto.hpp"
#include "base/error.hpp"
#include "base/text.hpp"
#include "notify/unsubscribe.hpp"

namespace barid::notify {
namespace {

using testing::HasSubstr;
using testing::Not;

Email email() {
    return {.id = "019a4c2e-7b10-7c3d-8e2f-0123456789ab",
            .from = {.name = "", .address = "orders@shop.example"},
            .to = "layla@example.com",
            .subject = "Hello",
            .text = "Text",
            .date = SystemTime(std::chrono::seconds(1'763'776'000))};
}

std::string refusal(const Email& given) {
    try {
        compose_email(given);
        return "";
    } catch (const Error& error) {
        return error.what();
    }
}

/// The header's field names, one a line, and what each line would let through.
std::vector<std::string> lines_of(const std::string& message) {
    std::vector<std::string> lines;
    std::size_t at = 0;
    for (std::size_t end; (end = message.find("\r\n", at)) != std::string::npos; at = end + 2) {
        lines.push_back(message.substr(at, end - at));
    }
    return lines;
}

TEST(EmailMessage, HasTheHeadersThatAMessageNeeds) {
    EXPECT_EQ(compose_email(email()),
              "Date: Sat, 22 Nov 2025 01:46:40 +0000\r\n"
              "From: orders@shop.example\r\nTo: layla@example.com\r\n"
              "Message-ID: <019a4c2e-7b10-7c3d-8e2f-0123456789ab@shop.example>\r\n"
              "Subject: Hello\r\nAuto-Submitted: auto-generated\r\nMIME-Version: 1.0\r\n"
              "Content-Type: text/plain; charset=utf-8\r\n"
              "Content-Transfer-Encoding: quoted-printable\r\n\r\nText\r\n");
}

TEST(EmailMessage, AnEnglishHtmlReadsFromTheLeftAndADocumentStays) {
    Email given = email();
    given.html = "<p>Hi</p>";
    given.locale = "en";
    EXPECT_THAT(compose_email(given), HasSubstr("dir=3D\"ltr\""));
    given.html = " <!DOCTYPE html><html><body>Hi</body></html>";
    EXPECT_THAT(compose_email(given), Not(HasSubstr("dir=3D")));
}

TEST(EmailMessage, RefusesWhatCouldBecomeAnotherHeader) {
    Email given = email();
    for (const char* subject : {"a\nb", "a\rb", "a\r\nBcc: x@y.z", "a\tb", "\x7f", "\xff"}) {
        given.subject = subject;
        EXPECT_THAT(refusal(given), HasSubstr("subject")) << subject;
    }
    given = email();
    given.to = "a@b.com>\r\nRCPT TO:<c@d.com";
    EXPECT_THAT(refusal(given), HasSubstr("address"));
    given = email();
    given.id = "x>\r\nBcc: y";
    EXPECT_THAT(refusal(given), HasSubstr("id"));
    given = email();
    given.unsubscribe = "https://x.example/>\r\nBcc: y";
    EXPECT_THAT(refusal(given), HasSubstr("unsubscribe"));
    given = email();
    given.text = std::string("a\0b", 3);
    EXPECT_THAT(refusal(given), HasSubstr("NUL"));
    given.text = std::string(kMaxEmailBytes + 1, 'x');
    EXPECT_THAT(refusal(given), HasSubstr("bytes"));
}

// Whatever a template or a user puts in, the header has the lines that we wrote.
RC_GTEST_PROP(EmailMessage, AnyTextsGiveTheSameHeadersInShortAsciiLines, ()) {
    Email given = email();
    const auto text = [] { return scrub_utf8(*rc::gen::arbitrary<std::string>()); };
    given.subject = text();
    given.from.name = text();
    given.text = text() + *rc::gen::element(std::string(), std::string(3000, 'x'));
    given.html = text();
    std::erase_if(given.text, [](char c) { return c == '\0'; });
    std::erase_if(given.html, [](char c) { return c == '\0'; });
    const auto is_control = [](char c) {
        return static_cast<unsigned char>(c) < 0x20 || c == 0x7f;
    };
    std::erase_if(given.subject, is_control);
    std::erase_if(given.from.name, is_control);
    const std::string message = compose_email(given);
    std::string names;
    bool header = true;
    for (const std::string& line : lines_of(message)) {
        RC_ASSERT(line.size() <= 998U);
        for (const char c : line) RC_ASSERT((c >= 0x20 && c < 0x7f) || c == '\t');
        header = header && !line.empty();
        if (header && line.front() != ' ') names += line.substr(0, line.find(':')) + " ";
    }
    RC_ASSERT(message.ends_with("\r\n"));
    RC_ASSERT(names == "Date From To Message-ID Subject Auto-Submitted MIME-Version Content-Type " +
                           std::string(given.html.empty() ? "Content-Transfer-Encoding " : ""));
}

// An encoded subject, decoded word by word, is what went in, and no word cuts a letter.
RC_GTEST_PROP(EmailMessage, EncodedWordsHoldTheSubject, ()) {
    std::string subject = "ط" + scrub_utf8(*rc::gen::arbitrary<std::string>());
    for (int i = *rc::gen::inRange(0, 40); i > 0; --i) subject += "طلبك 🎁";
    std::string read;
    const std::string words = header_text(subject);
    for (std::string_view rest = words; !rest.empty();) {
        const std::string_view start = "=?utf-8?B?";
        RC_ASSERT(rest.starts_with(start));
        const std::size_t end = rest.find("?=");
        RC_ASSERT(end + 2 <= 75U);
        const std::string word = base64_decode(rest.substr(start.size(), end - start.size()));
        RC_ASSERT(is_valid_utf8(word));
        read += word;
        rest.remove_prefix(end + 2);
        if (!rest.empty()) rest.remove_prefix(3);
    }
    RC_ASSERT(read == subject);
}

TEST(Mailbox, IsAnAddressWithOrWithoutAName) {
    EXPECT_EQ(parse_mailbox("a@b.com")->address, "a@b.com");
    EXPECT_EQ(parse_mailbox(" متجرنا <a@b.com> ")->name, "متجرنا");
    EXPECT_EQ(parse_mailbox("\"The shop\" <a@b.com>")->name, "The shop");
    for (const char* text : {"", "a@b", "shop", "<a@b.com", "a@b.com>", "x\r\ny <a@b.com>"}) {
        EXPECT_FALSE(parse_mailbox(text)) << text;
    }
}

TEST(Unsubscribe, FillsPlacesInAndNothingElse) {
    const Secret key("key");
    EXPECT_EQ(unsubscribe_link("https://s.example/l/{user}?c={category}&n={notification}", key,
                               "a/b &c", "orders", "id"),
              "https://s.example/l/a%2Fb%20%26c?c=orders&n=id");
    EXPECT_EQ(unsubscribe_link("https://s.example/{user}", key, "{token}", "c", "n"),
              "https://s.example/%7Btoken%7D");
    EXPECT_NE(unsubscribe_token(key, "a", "b"), unsubscribe_token(key, "b", "b"));
    EXPECT_NE(unsubscribe_token(key, "a", "b"), unsubscribe_token(Secret("other"), "a", "b"));
    EXPECT_TRUE(is_unsubscribe_url("https://s.example/{user}/{token}"));
    for (const char* url : {"http://s.example/", "https://s.example/{name}", "https://{user}.x/",
                            "https://s.example/{user", "https://s.example/}", "https://s.x/ y"}) {
        EXPECT_FALSE(is_unsubscribe_url(url)) << url;
    }
}

}  // namespace
}  // namespace barid::notify
