#include "translate/term_book.hpp"

#include "base/error.hpp"

namespace barid::translate {
namespace {

TermKind kind_of(std::string_view name) {
    if (name == "translate") return TermKind::translate;
    if (name == "forbid") return TermKind::forbid;
    return TermKind::keep;
}

}  // namespace

awaitable<std::shared_ptr<const Glossary>> TermBook::get(Language source, Language target) {
    Query query = [pool = pool_](std::string_view sql, pg::Params params) {
        return pool->execute(sql, std::move(params));
    };
    co_return co_await get(std::move(query), source, target);
}

awaitable<std::shared_ptr<const Glossary>> TermBook::get(Query query, Language source,
                                                         Language target) {
    const pg::Result newest = co_await query(
        "SELECT version FROM barid.term_version WHERE source_lang = $1 AND target_lang = $2",
        pg::Params(to_string(source), to_string(target)));
    const std::int64_t version = newest.empty() ? 0 : newest[0].get<std::int64_t>(0);
    const auto known = copies_.find({source, target});
    if (known != copies_.end() && known->second.version == version) {
        co_return known->second.glossary;
    }
    Copy copy = co_await read(query, source, target);
    std::shared_ptr<const Glossary> glossary = copy.glossary;
    copies_[{source, target}] = std::move(copy);
    co_return glossary;
}

/// The version and the terms in one statement: they belong together.
awaitable<TermBook::Copy> TermBook::read(const Query& query, Language source, Language target) {
    const pg::Result rows = co_await query(R"sql(
        SELECT v.version, t.kind, t.term, coalesce(t.target, ''), t.source_forms, t.forms,
               t.case_sensitive
        FROM barid.term_version v
        LEFT JOIN barid.term t ON t.source_lang = v.source_lang AND t.target_lang = v.target_lang
        WHERE v.source_lang = $1 AND v.target_lang = $2
        ORDER BY t.id
    )sql",
                                           pg::Params(to_string(source), to_string(target)));
    Copy copy;
    std::vector<Term> terms;
    for (const pg::Row row : rows) {
        copy.version = row.get<std::int64_t>(0);
        if (row.is_null(1)) continue;
        Term term;
        term.kind = kind_of(row.text(1));
        term.text = row.get<std::string>(2);
        term.target = row.get<std::string>(3);
        term.source_forms = pg::parse_array(row.text(4));
        term.forms = pg::parse_array(row.text(5));
        term.case_sensitive = row.get<bool>(6);
        terms.push_back(std::move(term));
    }
    copy.glossary = std::make_shared<const Glossary>(source, target, std::move(terms));
    co_return copy;
}

}  // namespace barid::translate
