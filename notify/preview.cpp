#include "notify/preview.hpp"

#include <fmt/format.h>
#include <unicode/brkiter.h>
#include <unicode/unistr.h>

#include <algorithm>
#include <memory>

#include "notify/fcm_message.hpp"
#include "notify/locale.hpp"

namespace barid::notify {
namespace {

struct Room {
    std::string_view platform;
    int title;
    int body;
};

/// Typical phones and browsers, one line of title; the body has one line, four, or two and a bit.
constexpr Room kRooms[] = {{"android", 45, 50}, {"ios", 40, 150}, {"web", 45, 120}};

struct Shown {
    std::string text;
    bool cut = false;
};

constexpr bool is_isolate(char16_t c) {
    return c >= 0x2066 && c <= 0x2069;
}

/// Takes no room: it only says in which direction the text goes.
constexpr bool is_mark(char16_t c) {
    return is_isolate(c) || c == 0x200E || c == 0x200F || c == 0x061C;
}

/// At most `room` letters on one line; what an isolate has opened is closed before the "…".
Shown shorten(const std::string& text, int room) {
    icu::UnicodeString line = icu::UnicodeString::fromUTF8(text);
    line.findAndReplace(icu::UnicodeString(u'\n'), icu::UnicodeString(u' '));
    UErrorCode status = U_ZERO_ERROR;
    const std::unique_ptr<icu::BreakIterator> letters(
        icu::BreakIterator::createCharacterInstance(icu::Locale::getRoot(), status));
    if (U_FAILURE(status) != 0) return {.text = text};
    letters->setText(line);
    std::int32_t end = 0;
    std::int32_t last = 0;
    for (int seen = 0; end < line.length();) {
        const std::int32_t next = letters->next();
        if (!is_mark(line.charAt(end)) && ++seen > room) break;
        if (seen < room) last = next;
        end = next;
    }
    Shown out{.text = {}, .cut = end < line.length()};
    if (out.cut) {
        // The "…" takes the last letter's room.
        line.truncate(last);
        int open = 0;
        for (std::int32_t i = 0; i < line.length(); ++i) {
            if (is_isolate(line.charAt(i))) open += line.charAt(i) == 0x2069 ? -1 : 1;
        }
        for (; open > 0; --open) line.append(char16_t{0x2069});
        line.append(char16_t{0x2026});
    }
    line.toUTF8String(out.text);
    return out;
}

/// What takes most of the message, in words.
std::string largest_part(const PushMessage& message) {
    std::size_t data = 0;
    for (const auto& [key, value] : message.data) data += key.size() + value.size();
    const std::pair<std::string_view, std::size_t> parts[] = {
        {"the body", message.body.size()},
        {"the title", message.title.size()},
        {"the data", data},
        {"the options", json::serialize(message.options).size()}};
    const auto* largest = std::ranges::max_element(
        parts, [](const auto& a, const auto& b) { return a.second < b.second; });
    return fmt::format("{} ({} bytes)", largest->first, largest->second);
}

}  // namespace

Preview preview(std::string_view platform, const PushMessage& message) {
    const auto* room = std::ranges::find(kRooms, platform, &Room::platform);
    if (room == std::end(kRooms)) room = std::begin(kRooms);
    Shown title = shorten(message.title, room->title);
    Shown body = shorten(message.body, room->body);
    return {.platform = std::string(room->platform),
            .title = std::move(title.text),
            .body = std::move(body.text),
            .title_cut = title.cut,
            .body_cut = body.cut,
            .right_to_left = is_rtl(message.locale),
            .bytes = payload_bytes(room->platform, message)};
}

std::string budget_problem(const PushMessage& message) {
    const std::size_t bytes = payload_bytes(message);
    if (bytes <= kMaxPayloadBytes) return {};
    return fmt::format(
        "makes a push of {} bytes in \"{}\", at most {} are possible (an Arabic "
        "letter takes two): shorten {}",
        bytes, message.locale, kMaxPayloadBytes, largest_part(message));
}

}  // namespace barid::notify
