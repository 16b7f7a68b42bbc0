// From a notification's content to the words that one user reads: the language, the values, the
// size. Keeps the templates it has read; a version of a template never changes.
//
// Not thread-safe: io thread only; the pool must outlive it.
#pragma once

#include <expected>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "notify/channel.hpp"
#include "notify/ledger.hpp"
#include "notify/message_format.hpp"
#include "notify/template.hpp"
#include "queue/pg/pool.hpp"

namespace barid::notify {

struct ComposerOptions {
    std::string default_locale = "en";
    Digits digits = Digits::latin;
};

/// `push` serves webhooks too; `email` is there when an e-mail is due.
struct Composed {
    PushMessage push = {};
    std::optional<PushMessage> email = {};
    bool fresh = false;  ///< the text was rendered now
};

class Composer {
  public:
    explicit Composer(pg::Pool& pool, ComposerOptions options = {})
        : pool_(pool), options_(std::move(options)) {}

    /// The message, or what is wrong with its content. Throws for the database only.
    awaitable<std::expected<Composed, std::string>> compose(const Outgoing& item);

    /// The words of a message that is the same for everybody, in each language its template has.
    /// Nothing when they differ by reader: a date is told in the reader's time zone.
    awaitable<std::expected<std::vector<LocalText>, std::string>> common_texts(
        const std::string& template_key, int version, const json::object& vars);

  private:
    using Template = std::shared_ptr<const TemplateVersion>;

    awaitable<Template> find(std::string key, int version);
    std::expected<PushMessage, std::string> render(const Outgoing& item,
                                                   const TemplateVersion& version,
                                                   std::string_view channel);
    [[nodiscard]] std::vector<std::string> chain_of(const Outgoing& item) const;

    static constexpr std::size_t kMaxTemplates = 256;
    pg::Pool& pool_;
    ComposerOptions options_;
    TemplateRenderer renderer_;
    std::map<std::pair<std::string, int>, Template> templates_;
};

}  // namespace barid::notify
