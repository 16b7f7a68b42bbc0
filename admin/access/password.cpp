#include "admin/access/password.hpp"

#include <fmt/format.h>
#include <sodium.h>

#include <algorithm>
#include <array>

#include "base/http_url.hpp"
#include "base/text.hpp"

namespace barid::access {
namespace {

constexpr std::size_t kMinCharacters = 12;
constexpr std::size_t kMaxCharacters = 128;

void require_sodium() {
    static const int ready = sodium_init();
    if (ready < 0) throw Error(Error::Retry::permanent, "libsodium could not be started");
}

std::string hashed(const Secret& password, const PasswordHasher::Cost& cost) {
    std::array<char, crypto_pwhash_STRBYTES> out{};
    const std::string& text = password.reveal();
    if (crypto_pwhash_str(out.data(), text.data(), text.size(), cost.passes, cost.memory_bytes) !=
        0) {
        throw Error(Error::Retry::transient, "there is no memory to hash a password");
    }
    return out.data();
}

}  // namespace

std::optional<std::string> password_problem(std::string_view password, std::string_view login) {
    if (!is_valid_utf8(password)) return "must be valid UTF-8";
    const auto characters = static_cast<std::size_t>(std::ranges::count_if(
        password, [](char c) { return (static_cast<unsigned char>(c) & 0xC0U) != 0x80U; }));
    if (characters < kMinCharacters || characters > kMaxCharacters) {
        return "must have 12 to 128 characters";
    }
    if (http::equals_no_case(password, login)) return "must not be the login";
    if (std::ranges::all_of(password, [&](char c) { return c == password.front(); })) {
        return "must not be one character again and again";
    }
    return std::nullopt;
}

/// One of the few that may be under way; given back whatever happens.
struct PasswordHasher::Place {
    explicit Place(std::size_t& taken) : taken_(taken) {
        if (taken_ >= kMaxWaiting) throw Busy();
        ++taken_;
    }
    ~Place() { --taken_; }
    Place(const Place&) = delete;
    Place& operator=(const Place&) = delete;

  private:
    std::size_t& taken_;
};

PasswordHasher::PasswordHasher() : PasswordHasher(Cost{}) {}

PasswordHasher::PasswordHasher(Cost cost) : cost_(cost) {
    require_sodium();
    // Well formed, with a salt and a hash of zeros: nobody knows a password for it.
    decoy_ = fmt::format("$argon2id$v=19$m={},t={},p=1${}${}", cost.memory_bytes / 1024,
                         cost.passes, std::string(22, 'A'), std::string(43, 'A'));
}

PasswordHasher::~PasswordHasher() {
    pool_.join();
}

awaitable<std::string> PasswordHasher::hash(Secret password) {
    const Place place(under_way_);
    co_return co_await run_on(
        pool_, [password = std::move(password), cost = cost_] { return hashed(password, cost); });
}

awaitable<PasswordHasher::Verdict> PasswordHasher::verify(std::string stored, Secret password) {
    const Place place(under_way_);
    const bool known = !stored.empty();
    if (!known) stored = decoy_;
    co_return co_await run_on(pool_, [=, cost = cost_] {
        const std::string& text = password.reveal();
        Verdict verdict;
        verdict.right =
            crypto_pwhash_str_verify(stored.c_str(), text.data(), text.size()) == 0 && known;
        if (verdict.right &&
            crypto_pwhash_str_needs_rehash(stored.c_str(), cost.passes, cost.memory_bytes) != 0) {
            verdict.better_hash = hashed(password, cost);
        }
        return verdict;
    });
}

std::string hash_password(const Secret& password) {
    require_sodium();
    return hashed(password, {});
}

}  // namespace barid::access
