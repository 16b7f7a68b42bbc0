// A database, a Translator and providers whose every answer the test decides.
#pragma once

#include <gtest/gtest.h>

#include <functional>
#include <map>
#include <memory>

#include "tests/support/database.hpp"
#include "translate/translator.hpp"

namespace barid::translate {

/// A provider in the process: `on_call` runs between the request and the answer, which is where
/// the world changes behind a job's back.
class ScriptedProvider final : public TranslationProvider {
  public:
    explicit ScriptedProvider(std::string name, std::map<std::string, std::string> words = {})
        : name_(std::move(name)), dictionary(std::move(words)) {}

    [[nodiscard]] const std::string& name() const override { return name_; }
    [[nodiscard]] const std::string& version() const override { return made_by; }
    [[nodiscard]] BatchLimits limits() const override { return batch_limits; }
    [[nodiscard]] TokenStyle token_style() const override { return TokenStyle::plain; }
    [[nodiscard]] const Terms& terms() const override { return agreed; }

    awaitable<std::vector<std::string>> translate(Batch batch) override {
        calls.push_back(batch.texts);
        if (on_call) on_call(batch);
        if (failure) throw ProviderError(*failure);
        std::vector<std::string> out;
        for (const std::string& text : batch.texts) {
            const auto found = dictionary.find(text);
            out.push_back(found == dictionary.end() ? text : found->second);
        }
        co_return out;
    }

  private:
    std::string name_;

  public:
    std::map<std::string, std::string> dictionary;
    std::string made_by;
    BatchLimits batch_limits;
    Terms agreed;
    std::function<void(const Batch&)> on_call;
    std::optional<ProviderError> failure;
    std::vector<std::vector<std::string>> calls;
};

class TranslateFixture : public testing::Test {
  protected:
    TranslateFixture() : pool(io.io, io.blocking, db.options(), 4, log::Logger()) {
        // These tests are about what providers are asked; red shirts need none.
        options.attributes = false;
    }

    /// English to Arabic for product 1; `seq` grows with each call unless it is given.
    TranslationReport translate(std::vector<SourceField> fields, std::int64_t seq = 0) {
        std::vector<TranslationProvider*> list;
        for (ScriptedProvider* provider : providers) list.push_back(provider);
        Translator translator(pool, list, options, clock);
        TranslationRequest request;
        request.entity = {"product", "1", Language::en, Language::ar};
        request.fields = std::move(fields);
        request.seq = seq != 0 ? seq : ++last_seq;
        request.deadline = std::chrono::steady_clock::now() + std::chrono::seconds(60);
        return io.run(translator.run(std::move(request), log::Logger()));
    }

    static SourceField name(std::string text) { return {"name", Format::text, std::move(text)}; }
    static SourceField body(std::string html) { return {"body", Format::html, std::move(html)}; }

    /// One column of the product's row for a field; "" for NULL.
    std::string column(const std::string& what, const std::string& field = "name") const {
        return db.sql("SELECT " + what + " FROM barid.translation WHERE field = '" + field + "'");
    }
    std::string review(const std::string& what) const {
        return db.sql("SELECT " + what + " FROM barid.translation_review ORDER BY id DESC LIMIT 1");
    }

    support::TestDatabase db;
    support::IoFixture io;
    pg::Pool pool;
    SystemClock clock;
    TranslatorOptions options;
    ScriptedProvider maker{
        "maker",
        {{"Red shirt", "قميص أحمر"}, {"Blue shirt", "قميص أزرق"}, {"Soft cotton", "قطن ناعم"}}};
    std::vector<ScriptedProvider*> providers{&maker};
    std::int64_t last_seq = 100;
};

}  // namespace barid::translate
