#include "translate/store.hpp"

namespace barid::translate {
namespace {

/// `review` is "state:reason" or empty.
FieldState field_state(bool current, bool human, bool suggested, const std::string& review) {
    const std::size_t colon = std::min(review.find(':'), review.size());
    return {.current = current,
            .human = human,
            .suggested = suggested,
            .review_state = review.substr(0, colon),
            .review_reason = colon < review.size() ? review.substr(colon + 1) : ""};
}

}  // namespace

Work decide(const std::optional<FieldState>& state) {
    if (!state) return Work::superseded;
    if (state->current) return Work::current;
    if (state->suggested || state->review_state == "rejected") return Work::waiting;
    // Without a provider there was nothing to judge: the next run may have one.
    if (state->review_state == "open" && state->review_reason != "no_provider") {
        return Work::waiting;
    }
    return state->human ? Work::suggest : Work::translate;
}

std::string_view to_string(Written written) {
    if (written == Written::published) return "published";
    if (written == Written::suggested) return "suggested";
    return written == Written::human_kept ? "human_kept" : "superseded";
}

awaitable<std::map<std::string, FieldState>> Store::register_sources(
    const Entity& entity, const std::vector<SourceField>& fields, std::int64_t seq) {
    pg::ArrayBuilder names, formats, texts, hashes;
    for (const SourceField& field : fields) {
        names.add(std::string_view(field.name));
        formats.add(to_string(field.format));
        texts.add(std::string_view(field.text));
        hashes.add(std::string_view(field.hash));
    }
    pg::Params params(entity.type, entity.id, to_string(entity.target), to_string(entity.source),
                      seq);
    params.add(std::move(names));
    params.add(std::move(formats));
    params.add(std::move(texts));
    params.add(std::move(hashes));
    // Rows are taken in order of the field's name: two jobs of one entity can't deadlock.
    const pg::Result rows = co_await pool_.execute(R"sql(
        INSERT INTO barid.translation AS t (entity_type, entity_id, field, target_lang, source_lang,
                                            format, source_text, source_hash, source_seq)
        SELECT $1, $2, f.field, $3, $4, f.format, f.source, decode(f.hash, 'hex'), $5::bigint
        FROM unnest($6::text[], $7::text[], $8::text[], $9::text[])
            AS f(field, format, source, hash)
        ORDER BY f.field
        ON CONFLICT (entity_type, entity_id, field, target_lang) DO UPDATE SET
            source_lang = excluded.source_lang,
            format = excluded.format,
            source_text = excluded.source_text,
            source_hash = excluded.source_hash,
            source_seq = excluded.source_seq,
            -- A person's text of unknown source is taken to belong to the first one seen.
            text_source_hash = CASE WHEN t.origin = 'human' AND t.text_source_hash IS NULL
                                    THEN excluded.source_hash ELSE t.text_source_hash END,
            state = CASE
                WHEN t.text IS NULL THEN
                    CASE WHEN t.source_hash = excluded.source_hash THEN t.state
                         ELSE 'pending' END
                WHEN coalesce(t.text_source_hash, excluded.source_hash) = excluded.source_hash
                    THEN 'published'
                ELSE 'stale' END
        WHERE t.source_seq <= excluded.source_seq
        RETURNING field, text IS NOT NULL AND text_source_hash = source_hash,
            coalesce(origin = 'human', false),
            coalesce(suggestion IS NOT NULL AND suggestion_hash = source_hash, false),
            (SELECT r.state || ':' || r.reason FROM barid.translation_review r
             WHERE r.entity_type = t.entity_type AND r.entity_id = t.entity_id
               AND r.field = t.field AND r.target_lang = t.target_lang
               AND r.source_hash = t.source_hash AND r.state IN ('open', 'rejected')
             ORDER BY r.id DESC LIMIT 1)
    )sql",
                                                   std::move(params));
    std::map<std::string, FieldState> states;
    for (const pg::Row row : rows) {
        states[row.get<std::string>(0)] =
            field_state(row.get<std::optional<bool>>(1).value_or(false), row.get<bool>(2),
                        row.get<bool>(3), std::string(row.text(4)));
    }
    co_return states;
}

awaitable<std::map<std::string, MemoryHit>> Store::look_up(
    const std::vector<MemoryKey>& keys, Language source, Language target,
    const std::vector<std::pair<std::string, std::string>>& makers) {
    std::map<std::string, MemoryHit> hits;
    if (keys.empty()) co_return hits;
    std::vector<std::string> hashes, terms, names, versions;
    for (const MemoryKey& key : keys) {
        hashes.push_back(key.hash);
        terms.push_back(key.terms.empty() ? "" : "+" + key.terms);
    }
    for (const auto& [name, version] : makers) {
        names.push_back(name);
        versions.push_back(version);
    }
    const pg::Result rows = co_await pool_.execute(
        R"sql(
        SELECT DISTINCT ON (m.source_hash) encode(m.source_hash, 'hex'), m.text, m.provider
        FROM (SELECT decode(k.hash, 'hex') AS hash, k.terms
              FROM unnest($1::text[], $6::text[]) k(hash, terms)) k
        JOIN barid.translation_memory m ON m.source_hash = k.hash
        WHERE m.source_lang = $2 AND m.target_lang = $3
          AND (m.provider = 'human'
               OR (m.provider, m.provider_version) IN
                  (SELECT p, v || k.terms FROM unnest($4::text[], $5::text[]) AS u(p, v))
               OR (cardinality($4::text[]) = 0
                   AND coalesce(substring(m.provider_version FROM '[+]terms-[0-9a-f]*$'), '')
                       = k.terms))
        ORDER BY m.source_hash, (m.provider = 'human') DESC, m.created_at DESC
    )sql",
        pg::Params(hashes, to_string(source), to_string(target), names, versions, terms));
    for (const pg::Row row : rows) {
        hits[row.get<std::string>(0)] = {row.get<std::string>(1), row.get<std::string>(2)};
    }
    co_return hits;
}

awaitable<void> Store::remember(const std::vector<MemoryEntry>& entries, Language source,
                                Language target, const std::string& provider,
                                const std::string& version) {
    if (entries.empty()) co_return;
    pg::ArrayBuilder hashes, formats, sources, texts, versions;
    for (const MemoryEntry& entry : entries) {
        versions.add(version + (entry.terms.empty() ? "" : "+" + entry.terms));
        hashes.add(std::string_view(entry.hash));
        formats.add(to_string(entry.format));
        sources.add(std::string_view(entry.source_text));
        texts.add(std::string_view(entry.text));
    }
    pg::Params params(to_string(source), to_string(target), provider);
    params.add(std::move(versions));
    params.add(std::move(hashes));
    params.add(std::move(formats));
    params.add(std::move(sources));
    params.add(std::move(texts));
    // The first answer stays: the same text reads the same everywhere in the shop.
    co_await pool_.execute(R"sql(
        INSERT INTO barid.translation_memory
            (source_lang, target_lang, provider, provider_version, source_hash, format,
             source_text, text)
        SELECT $1, $2, $3, e.version, decode(e.hash, 'hex'), e.format, e.source, e.text
        FROM unnest($4::text[], $5::text[], $6::text[], $7::text[], $8::text[])
            AS e(version, hash, format, source, text)
        ORDER BY e.hash
        ON CONFLICT DO NOTHING
    )sql",
                           std::move(params));
}

awaitable<std::vector<AttachedField>> Store::attached_fields(const std::string& entity_type,
                                                             const std::string& entity_id,
                                                             std::size_t max_bytes) {
    const pg::Result rows = co_await pool_.execute(
        R"sql(SELECT field, format, source_lang, target_lang, source_text, source_hash, current,
                     human, suggested, review
              FROM barid.translation_work($1, $2, $3))sql",
        pg::Params(entity_type, entity_id, static_cast<int>(max_bytes)));
    const auto language = [](std::string_view code) {
        return code == "ar" ? Language::ar : Language::en;
    };
    std::vector<AttachedField> fields;
    for (const pg::Row row : rows) {
        AttachedField one;
        one.source = language(row.get<std::string_view>("source_lang"));
        one.target = language(row.get<std::string_view>("target_lang"));
        one.field.name = row.get<std::string>("field");
        one.field.format =
            row.get<std::string_view>("format") == "html" ? Format::html : Format::text;
        one.field.text = row.get<std::string>("source_text");
        one.field.hash = row.get<std::string>("source_hash");
        one.state = field_state(row.get<bool>("current"), row.get<bool>("human"),
                                row.get<bool>("suggested"),
                                row.get<std::optional<std::string>>("review").value_or(""));
        fields.push_back(std::move(one));
    }
    co_return fields;
}

awaitable<void> Store::learn(const std::string& entity_type, const std::string& entity_id) {
    co_await pool_.execute("SELECT barid.learn_translations($1, $2)",
                           pg::Params(entity_type, entity_id));
}

awaitable<Publication> Store::publish(const Entity& entity, const SourceField& field,
                                      const std::string& text, const std::string& provider) {
    const pg::Result result = co_await pool_.execute(
        R"sql(SELECT written, write_error
              FROM barid.publish_translation($1, $2, $3, $4, decode($5, 'hex'), $6, $7))sql",
        pg::Params(entity.type, entity.id, field.name, to_string(entity.target), field.hash, text,
                   provider));
    const pg::Row row = result.one();
    const auto word = row.get<std::string>("written");
    Publication out;
    if (word == "published") out.written = Written::published;
    if (word == "suggested") out.written = Written::suggested;
    if (word == "human_kept") out.written = Written::human_kept;
    out.write_error = row.get<std::optional<std::string>>("write_error").value_or("");
    co_return out;
}

awaitable<bool> Store::queue_review(const Entity& entity, const SourceField& field,
                                    const std::string& reason, const std::string& detail,
                                    const std::optional<std::string>& suggestion,
                                    const std::string& provider) {
    const pg::Result rows = co_await pool_.execute(
        R"sql(
        WITH target AS (
            UPDATE barid.translation SET
                state = CASE WHEN text IS NULL THEN 'review' ELSE state END
            WHERE entity_type = $1 AND entity_id = $2 AND field = $3 AND target_lang = $4
              AND source_hash = decode($5, 'hex')
              AND (text IS NULL OR text_source_hash IS DISTINCT FROM source_hash)
            RETURNING source_lang, format, source_text, source_hash
        )
        INSERT INTO barid.translation_review AS r
            (entity_type, entity_id, field, target_lang, source_lang, format, source_text,
             source_hash, reason, detail, suggestion, provider)
        SELECT $1, $2, $3, $4, source_lang, format, source_text, source_hash, $6, $7, $8,
               nullif($9, '')
        FROM target
        ON CONFLICT (entity_type, entity_id, field, target_lang) WHERE state = 'open'
        DO UPDATE SET
            source_lang = excluded.source_lang, format = excluded.format,
            source_text = excluded.source_text, source_hash = excluded.source_hash,
            reason = excluded.reason, detail = excluded.detail,
            suggestion = excluded.suggestion, provider = excluded.provider, created_at = now()
        RETURNING 1
    )sql",
        pg::Params(entity.type, entity.id, field.name, to_string(entity.target), field.hash, reason,
                   detail, suggestion, provider));
    co_return !rows.empty();
}

}  // namespace barid::translate
