// The API's translations area over a database, with reviews made to order.
#pragma once

#include <fmt/format.h>

#include <optional>

#include "tests/support/api_fixture.hpp"

namespace barid::support {

struct ReviewWish {
    std::string id = "1";
    std::string type = "product";
    std::string field = "name";
    std::string lang = "ar";
    std::string reason = "length";
    std::string detail = "";
    std::string source = "Red cotton shirt";
    std::optional<std::string> suggestion = "قميص أحمر من القطن";
    std::string format = "text";
};

class TranslationsFixture : public ApiFixture {
  protected:
    TranslationsFixture() { api::add_translations(routes); }

    static std::string quote(const std::string& text) {
        std::string out = "'";
        for (const char c : text) out += c == '\'' ? "''" : std::string(1, c);
        return out + "'";
    }

    /// An open review, as a job leaves it; its id.
    std::int64_t review(const ReviewWish& w) {
        return std::stoll(database.sql(fmt::format(
            R"(INSERT INTO barid.translation (entity_type, entity_id, field, target_lang,
                   source_lang, format, source_text, source_hash, state)
               VALUES ({0}, {1}, {2}, {3}, {4}, {5}, {6},
                       barid.translation_source_hash({5}, {6}), 'review')
               ON CONFLICT ON CONSTRAINT translation_pkey DO UPDATE
               SET source_text = excluded.source_text, source_hash = excluded.source_hash;
               SELECT barid.open_review(t, {7}, {8}, {9}, 'deepl') FROM barid.translation t
               WHERE (entity_type, entity_id, field, target_lang) = ({0}, {1}, {2}, {3});
               SELECT id FROM barid.translation_review
               WHERE (entity_type, entity_id, field, target_lang, state)
                   = ({0}, {1}, {2}, {3}, 'open'))",
            quote(w.type), quote(w.id), quote(w.field), quote(w.lang),
            w.lang == "ar" ? "'en'" : "'ar'", quote(w.format), quote(w.source), quote(w.reason),
            quote(w.detail), w.suggestion ? quote(*w.suggestion) : "NULL")));
    }

    /// The shop's table shop.product (id, name, name_ar), attached.
    void attach_products() {
        database.sql(R"(CREATE SCHEMA shop;
            CREATE TABLE shop.product (id bigint PRIMARY KEY, name text, name_ar text);
            SELECT barid.auto_translate('shop.product', columns => '{name}'))");
    }

    static std::string path(std::int64_t id, const std::string& more = "") {
        return "/translations/reviews/" + std::to_string(id) + more;
    }
    std::string version(std::int64_t id) {
        return std::string(get(path(id)).json.at("version").as_string());
    }
    /// What is published of an entity's name, in Arabic.
    std::string text_of(const std::string& entity_id) {
        return database.sql(
            "SELECT text FROM barid.translation WHERE target_lang = 'ar' AND "
            "field = 'name' AND entity_id = " +
            quote(entity_id));
    }
    /// Of the newest line of the audit log about `action`.
    std::string audit(const std::string& action, const std::string& what) {
        return database.sql("SELECT " + what + " FROM barid.audit_log WHERE action = " +
                            quote(action) + " ORDER BY id DESC LIMIT 1");
    }
};

}  // namespace barid::support
