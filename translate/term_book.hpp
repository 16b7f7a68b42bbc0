// The shop's terms as this worker has them: one copy per pair of languages, read again only when
// the database says that a term has changed (queue/migrations/0019_translation_terms.sql).
//
// What `get` returns stays valid for whoever holds it. Io thread only.
#pragma once

#include <cstdint>
#include <functional>
#include <map>
#include <memory>
#include <utility>

#include "queue/pg/pool.hpp"
#include "translate/glossary.hpp"
#include "translate/language.hpp"

namespace barid::translate {

class TermBook {
  public:
    /// Runs one statement: on a pool, or within a transaction of the caller's.
    using Query = std::function<awaitable<pg::Result>(std::string_view sql, pg::Params params)>;

    TermBook() = default;
    explicit TermBook(pg::Pool& pool) : pool_(&pool) {}

    /// One small query, and a second one when terms have changed since the last call.
    /// REQUIRES: it was made with a pool.
    awaitable<std::shared_ptr<const Glossary>> get(Language source, Language target);
    /// The same by the caller's own statements.
    awaitable<std::shared_ptr<const Glossary>> get(Query query, Language source, Language target);

  private:
    struct Copy {
        std::int64_t version = 0;
        std::shared_ptr<const Glossary> glossary;
    };

    static awaitable<Copy> read(const Query& query, Language source, Language target);

    pg::Pool* pool_ = nullptr;
    std::map<std::pair<Language, Language>, Copy> copies_;
};

}  // namespace barid::translate
