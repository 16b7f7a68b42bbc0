// A shop's table with auto-translation attached, its owner, and a worker's view of it.
#pragma once

#include "jobs/translate_content.hpp"
#include "tests/integration/translate/fixture.hpp"

namespace barid::translate {

class AttachedFixture : public TranslateFixture {
  protected:
    AttachedFixture() {
        // Roles belong to the whole server: tests share them.
        db.sql(R"(DO $$ BEGIN
                      BEGIN CREATE ROLE test_shop NOLOGIN;
                      EXCEPTION WHEN duplicate_object OR unique_violation THEN NULL; END;
                      BEGIN GRANT barid_producer TO test_shop;
                      EXCEPTION WHEN unique_violation OR internal_error THEN NULL; END;
                  END $$;
                  CREATE SCHEMA shop AUTHORIZATION test_shop;
                  SET ROLE test_shop;
                  CREATE TABLE shop.product (
                      id bigint PRIMARY KEY, name text, name_ar text,
                      description text, description_ar text, stock int NOT NULL DEFAULT 0))");
        maker.dictionary["Wool rug"] = "سجادة صوف";
    }

    /// As the owner of the shop's tables.
    std::string shop(const std::string& text) const {
        return db.sql("SET ROLE test_shop; SET search_path = shop; " + text);
    }
    std::string attach(const std::string& more = "") const {
        return shop("SELECT barid.auto_translate('product', columns => '{name,description}'" +
                    (more.empty() ? "" : ", " + more) + ")");
    }
    /// A cell of the row 1.
    std::string cell(const std::string& column, int id = 1) const {
        return db.sql("SELECT " + column + " FROM shop.product WHERE id = " + std::to_string(id));
    }
    std::string translation(const std::string& what, int id = 1,
                            const std::string& field = "name") const {
        return db.sql("SELECT " + what + " FROM barid.translation WHERE entity_id = '" +
                      std::to_string(id) + "' AND field = '" + field + "'");
    }
    std::string waiting() const {
        return db.sql("SELECT count(*) FROM barid.job WHERE kind = 'translate.content'");
    }

    /// One job for the entity, as a worker runs it; its output.
    json::value work(const std::string& id = "1", const std::string& type = "product") {
        jobs::Registry registry;
        std::vector<TranslationProvider*> list;
        for (auto* provider : providers) list.push_back(provider);
        jobs::register_translate_content(registry, {pool, list, options, clock});
        queue::Job job;
        job.id = ++last_seq;
        job.kind = "translate.content";
        jobs::JobContext context{.job = job,
                                 .log = log::Logger(),
                                 .deadline = clock.steady_now() + std::chrono::seconds(60),
                                 .progress = [](double, const std::string&) {},
                                 .cancelled = [] { return false; }};
        const json::value payload{{"entity_type", type}, {"entity_id", id}, {"attached", true}};
        const queue::Outcome outcome =
            io.run(registry.find("translate.content")->run(context, payload));
        if (!std::holds_alternative<queue::Done>(outcome)) return nullptr;
        return parse_json(std::get<queue::Done>(outcome).output);
    }
};

}  // namespace barid::translate
