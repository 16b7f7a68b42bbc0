#include "tests/integration/commerce_races/fixture.hpp"

#include <fmt/ranges.h>

#include <algorithm>

namespace barid::races {
namespace {

constexpr const char* kHelpers = R"(
INSERT INTO shop.customers (id, name, email, locale)
VALUES ('noura', 'نورة العلي', 'noura@example.com', 'ar');
INSERT INTO shop.products (id, name_en, name_ar)
SELECT p, p, 'صندوق ' || p FROM unnest(ARRAY['ROSE', 'OUD', 'DATES']) p;
INSERT INTO shop.variants (id, product_id) SELECT p.id, p.id FROM shop.products p;
INSERT INTO shop.prices (variant_id, location_id, amount_minor)
SELECT v.id, 'KW', 1500 FROM shop.variants v;

-- When an expiry looked at an order's attempts. Kept apart, for what it knows is its own.
CREATE TABLE IF NOT EXISTS race.checked (
    order_id text, at timestamptz DEFAULT clock_timestamp(), attempts text[]);
CREATE OR REPLACE FUNCTION race.check(order_id text) RETURNS void LANGUAGE sql AS $$
    INSERT INTO race.checked (order_id, attempts)
    SELECT $1, coalesce(array_agg(a.attempt_id), '{}') FROM barid_shop.order_attempts($1) a
    RETURNING set_config('race.attempts', attempts::text, false),
              set_config('race.checked', at::text, false)
$$;

CREATE OR REPLACE FUNCTION race.order(order_id text, lines text, promo text) RETURNS void
    LANGUAGE plpgsql AS $$
DECLARE
    line text;
    part text[];
    sum bigint := 0;
BEGIN
    INSERT INTO shop.orders (id, customer_id, location_id, payment_method, promo_id, subtotal_minor,
                             total_minor, currency, created_at, expires_at)
    VALUES (order_id, 'noura', 'KW', 'card', nullif(promo, ''), 0, 0, 'KWD',
            now() - interval '2 hours', now() - interval '1 hour');
    FOREACH line IN ARRAY string_to_array(lines, ', ') LOOP
        part := string_to_array(line, ' ');
        sum := sum + 1500 * part[2]::bigint;
        INSERT INTO shop.order_lines (order_id, variant_id, quantity, amount_minor, name_en,
                                      name_ar)
        VALUES (order_id, part[1], part[2]::bigint, 1500, part[1], 'صندوق');
        INSERT INTO shop.reservations (order_id, variant_id, location_id, quantity)
        VALUES (order_id, part[1], 'KW', part[2]::bigint);
        UPDATE shop.stock s
        SET available = available - part[2]::bigint, held = held + part[2]::bigint
        WHERE s.variant_id = part[1] AND s.location_id = 'KW';
    END LOOP;
    UPDATE shop.orders o
    SET subtotal_minor = sum, total_minor = sum - d.minor, discount_minor = d.minor
    FROM (SELECT CASE WHEN promo = '' THEN 0 ELSE sum / 10 END AS minor) d WHERE o.id = order_id;
    IF promo <> '' THEN
        INSERT INTO shop.promo_uses (order_id, promo_id) VALUES (order_id, promo);
        UPDATE shop.promos p SET used = used + 1 WHERE p.id = promo;
    END IF;
END $$;
)";

}  // namespace

std::string goods(int pieces, int promo_uses) {
    const std::string many = std::to_string(pieces);
    return std::string(kHelpers) +
           "INSERT INTO shop.stock (variant_id, location_id, total, available) SELECT v.id, "
           "'KW', " +
           many + ", " + many +
           " FROM shop.variants v; INSERT INTO shop.promos (id, percent, max_uses) "
           "VALUES ('EID', 10, " +
           std::to_string(promo_uses) + ");";
}

std::string order(const std::string& id, const std::string& lines, const std::string& promo) {
    return "SELECT race.order('" + id + "', '" + lines + "', '" + promo + "');";
}

std::string attempt(const std::string& id, const std::string& order, const std::string& state) {
    const bool made = state == "SUBMITTED" || state == "PAID";
    const bool claimed = state == "EXECUTING";
    return "INSERT INTO shop.attempts (id, order_id, gateway, state, reference, invoice_id, "
           "amount_minor, currency, fence, claimed_until, created_at, changed_at) SELECT '" +
           id + "', o.id, 'myfatoorah', '" + state + "', 'ref-" + id + "', " +
           (made ? "'inv-" + id + "'" : "NULL") + ", o.total_minor, o.currency, " +
           (claimed ? "nextval('shop.fence'), now() - interval '1 minute'" : "NULL, NULL") +
           ", now() - interval '1 hour', now() - interval '1 hour' FROM shop.orders o WHERE o.id = "
           "'" +
           order + "';";
}

std::string paid(const std::string& order, const std::string& attempt, const std::string& payment,
                 const std::string& source) {
    return "SELECT barid_shop.mark_paid(o.id, '" + attempt + "', '" + payment +
           "', o.total_minor, o.currency, '" + source + "', 1) FROM shop.orders o WHERE o.id = '" +
           order + "'";
}

std::vector<std::string> expiry(const std::string& order) {
    return {"SELECT race.check('" + order + "')",
            "BEGIN; SELECT barid_shop.expire_order('" + order +
                "', 2, current_setting('race.checked')::timestamptz, "
                "current_setting('race.attempts')::text[])",
            "COMMIT"};
}

std::string stale_cancel(support::Interleaver& sessions) {
    const std::string said = sessions.execute(
        "SELECT string_agg(format('%s was cancelled, but %s changed after it was looked at', o.id, "
        "a.id), '; ') FROM shop.orders o JOIN shop.attempts a ON a.order_id = o.id "
        "WHERE o.cancelled_by = 'expiry' AND a.changed_at < o.cancelled_at AND a.error IS NULL "
        "AND a.changed_at > (SELECT max(c.at) FROM race.checked c WHERE c.order_id = o.id)");
    sessions.execute("TRUNCATE race.checked");
    return said;
}

std::string placing(const std::string& id, const std::string& lines, const std::string& promo) {
    return "SELECT shop.place_order('noura', (SELECT jsonb_agg(jsonb_build_object('variant', "
           "split_part(l, ' ', 1), 'quantity', split_part(l, ' ', 2)::int) ORDER BY n) "
           "FROM unnest(string_to_array('" +
           lines + "', ', ')) WITH ORDINALITY u (l, n)), promo => nullif('" + promo +
           "', ''), order_id => '" + id + "')";
}

std::string sorted_answers(const support::RaceRun& run) {
    std::vector<std::string> answers = run.answers;
    for (std::size_t i = 0; i < answers.size(); ++i) {
        if (!run.errors[i].empty()) answers[i] = run.errors[i].substr(0, 5);
    }
    std::ranges::sort(answers);
    return fmt::format("{}", fmt::join(answers, ","));
}

std::string one_of(const support::RaceRun& run, const std::vector<std::string>& allowed) {
    for (const auto& error : run.errors) {
        if (!error.empty() && !error.starts_with("SH0")) return "an error: " + error;
    }
    const std::string said = sorted_answers(run);
    return std::ranges::find(allowed, said) != allowed.end() ? "" : "answers " + said;
}

}  // namespace barid::races
