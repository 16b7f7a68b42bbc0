#include "notify/email_message.hpp"

#include <fmt/chrono.h>
#include <fmt/format.h>

#include <algorithm>
#include <cctype>

#include "base/crypto.hpp"
#include "base/error.hpp"
#include "base/text.hpp"
#include "notify/locale.hpp"

namespace barid::notify {
namespace {

constexpr std::size_t kLine = 76;                // RFC 2045 §6.7, §6.8
constexpr std::size_t kEncodedBytes = 45;        // 60 characters in base64: a word of 72
constexpr std::size_t kMaxHeaderUrlBytes = 900;  // lines have at most 998 (RFC 5322 §2.1.1)

[[noreturn]] void refuse(const std::string& why) {
    throw Error(Error::Retry::permanent, "e-mail: " + why);
}

bool is_alnum(char c) {
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9');
}

bool is_control(char c) {
    return static_cast<unsigned char>(c) < 0x20 || c == 0x7f;
}

bool is_plain(std::string_view text) {
    return std::ranges::all_of(text, [](char c) { return c >= 0x20 && c < 0x7f; });
}

void check_header_text(const char* what, std::string_view text) {
    if (!is_valid_utf8(text)) refuse(fmt::format("the {} is not UTF-8", what));
    if (std::ranges::any_of(text, is_control)) {
        refuse(fmt::format("the {} holds a line break or another control character", what));
    }
    if (text.size() > 998) refuse(fmt::format("the {} has more than 998 bytes", what));
}

/// Lines end with CRLF, whatever they ended with.
std::string with_crlf(std::string_view text) {
    std::string out;
    out.reserve(text.size() + text.size() / 32 + 2);
    for (std::size_t i = 0; i < text.size(); ++i) {
        if (text[i] == '\r' && i + 1 < text.size() && text[i + 1] == '\n') continue;
        if (text[i] == '\n' || text[i] == '\r') {
            out += "\r\n";
        } else {
            out += text[i];
        }
    }
    if (!out.ends_with("\r\n")) out += "\r\n";
    return out;
}

std::string base64_lines(std::string_view bytes) {
    const std::string all = base64_encode(bytes);
    std::string out;
    for (std::size_t at = 0; at < all.size(); at += kLine) {
        out += all.substr(at, kLine);
        out += "\r\n";
    }
    return out;
}

/// RFC 2045 §6.7 for text whose lines end with CRLF.
std::string quoted_printable(std::string_view text) {
    std::string out;
    std::size_t column = 0;
    for (std::size_t i = 0; i < text.size(); ++i) {
        const char c = text[i];
        if (text.substr(i, 2) == "\r\n") {
            out += "\r\n";
            column = 0;
            ++i;
            continue;
        }
        const bool last = text.substr(i + 1, 2) == "\r\n";
        const bool blank = c == ' ' || c == '\t';
        const bool literal = (c > 0x20 && c < 0x7f && c != '=') || (blank && !last);
        const std::string piece =
            literal ? std::string(1, c) : fmt::format("={:02X}", static_cast<unsigned char>(c));
        if (column + piece.size() > kLine - 1) {
            out += "=\r\n";
            column = 0;
        }
        out += piece;
        column += piece.size();
    }
    return out;
}

/// One part's header and body. Arabic takes a third less in base64; English stays readable.
std::string part(std::string_view type, const std::string& content) {
    const std::string text = with_crlf(content);
    const auto foreign = std::ranges::count_if(text, [](char c) { return c < 0; });
    const bool base64 = static_cast<std::size_t>(foreign) * 4 > text.size();
    return fmt::format("Content-Type: {}; charset=utf-8\r\nContent-Transfer-Encoding: {}\r\n\r\n{}",
                       type, base64 ? "base64" : "quoted-printable",
                       base64 ? base64_lines(text) : quoted_printable(text));
}

std::string escape_html(std::string_view text) {
    std::string out;
    for (const char c : text) {
        switch (c) {
            case '&':
                out += "&amp;";
                break;
            case '<':
                out += "&lt;";
                break;
            case '>':
                out += "&gt;";
                break;
            default:
                out += c;
        }
    }
    return out;
}

/// A whole document stays as it is; anything else gets one around it, in its language's direction.
std::string document(const Email& email) {
    const std::size_t begin = email.html.find_first_not_of(" \t\r\n");
    if (begin == std::string::npos) return email.html;
    std::string start = email.html.substr(begin, 9);
    std::ranges::transform(start, start.begin(),
                           [](unsigned char c) { return static_cast<char>(std::tolower(c)); });
    if (start.starts_with("<!doctype") || start.starts_with("<html")) return email.html;
    const std::string_view direction = is_rtl(email.locale) ? "rtl" : "ltr";
    return fmt::format(
        "<!doctype html>\n<html lang=\"{}\" dir=\"{}\">\n<head><meta charset=\"utf-8\">"
        "<meta name=\"viewport\" content=\"width=device-width\"><title>{}</title></head>\n"
        "<body dir=\"{}\">\n{}\n</body>\n</html>\n",
        email.locale.empty() ? "und" : email.locale, direction, escape_html(email.subject),
        direction, email.html);
}

std::string mailbox_header(const Mailbox& mailbox) {
    if (mailbox.name.empty()) return mailbox.address;
    if (!is_plain(mailbox.name)) {
        return fmt::format("{}\r\n <{}>", header_text(mailbox.name), mailbox.address);
    }
    std::string quoted;
    for (const char c : mailbox.name) {
        if (c == '"' || c == '\\') quoted += '\\';
        quoted += c;
    }
    return fmt::format("\"{}\" <{}>", quoted, mailbox.address);
}

void check(const Email& email) {
    check_header_text("subject", email.subject);
    check_header_text("sender's name", email.from.name);
    if (email.reply_to) check_header_text("name to reply to", email.reply_to->name);
    if (!is_email_address(email.from.address) || !is_email_address(email.to) ||
        (email.reply_to && !is_email_address(email.reply_to->address))) {
        refuse("an address is not one");
    }
    for (const std::string* body : {&email.text, &email.html}) {
        if (!is_valid_utf8(*body)) refuse("the text is not UTF-8");
        if (body->contains('\0')) refuse("the text holds a NUL");
    }
    if (email.text.size() + email.html.size() > kMaxEmailBytes) {
        refuse(fmt::format("text and html have {} bytes, at most {} are sent",
                           email.text.size() + email.html.size(), kMaxEmailBytes));
    }
    const bool id = !email.id.empty() && email.id.size() <= 64 &&
                    std::ranges::all_of(email.id, [](char c) { return is_alnum(c) || c == '-'; });
    const bool locale = email.locale.size() <= 35 && std::ranges::all_of(email.locale, [](char c) {
                            return is_alnum(c) || c == '-';
                        });
    if (!id || !locale) refuse("the notification's id or locale is not one");
    const std::string& url = email.unsubscribe;
    if (!url.empty() && (url.size() > kMaxHeaderUrlBytes || !is_plain(url) ||
                         url.find_first_of(" <>\"") != std::string::npos)) {
        refuse(fmt::format("the unsubscribe URL is longer than {} bytes or holds what no URL does",
                           kMaxHeaderUrlBytes));
    }
}

}  // namespace

std::string header_text(std::string_view text) {
    // What looks like an encoded word must not be taken for one; a long line would be folded.
    if (is_plain(text) && text.size() <= kLine && !text.contains("=?")) return std::string(text);
    std::string out;
    while (!text.empty()) {
        std::size_t size = std::min(text.size(), kEncodedBytes);
        // A word ends where a character does.
        while (size < text.size() && (static_cast<unsigned char>(text[size]) & 0xC0U) == 0x80U) {
            --size;
        }
        out += fmt::format("{}=?utf-8?B?{}?=", out.empty() ? "" : "\r\n ",
                           base64_encode(text.substr(0, size)));
        text.remove_prefix(size);
    }
    return out;
}

std::string compose_email(const Email& email) {
    check(email);
    const auto seconds = std::chrono::floor<std::chrono::seconds>(email.date);
    const std::string_view host =
        std::string_view(email.from.address).substr(email.from.address.rfind('@') + 1);
    std::string out = fmt::format("Date: {:%a, %d %b %Y %H:%M:%S} +0000\r\nFrom: {}\r\nTo: {}\r\n",
                                  fmt::gmtime(std::chrono::system_clock::to_time_t(seconds)),
                                  mailbox_header(email.from), email.to);
    if (email.reply_to) out += fmt::format("Reply-To: {}\r\n", mailbox_header(*email.reply_to));
    out += fmt::format("Message-ID: <{}@{}>\r\nSubject: {}\r\n", email.id, host,
                       header_text(email.subject));
    if (!email.locale.empty()) out += fmt::format("Content-Language: {}\r\n", email.locale);
    // RFC 3834: nobody's holiday answers to this.
    out += "Auto-Submitted: auto-generated\r\n";
    if (!email.unsubscribe.empty()) {
        out += fmt::format(
            "List-Unsubscribe: <{}>\r\nList-Unsubscribe-Post: List-Unsubscribe=One-Click\r\n",
            email.unsubscribe);
    }
    out += "MIME-Version: 1.0\r\n";
    if (email.html.empty()) return out + part("text/plain", email.text);
    // No encoded body has a line like it: "=_" is neither quoted-printable nor base64.
    const std::string boundary = "=_" + email.id;
    out += fmt::format("Content-Type: multipart/alternative; boundary=\"{}\"\r\n\r\n", boundary);
    out += fmt::format("--{}\r\n{}", boundary, part("text/plain", email.text));
    out += fmt::format("\r\n--{}\r\n{}", boundary, part("text/html", document(email)));
    out += fmt::format("\r\n--{}--\r\n", boundary);
    return out;
}

}  // namespace barid::notify
