#include "commerce/contract.hpp"

#include <fmt/format.h>

#include <algorithm>

namespace barid::commerce {
namespace {

// order, attempt, gateway, state, kind of key, key, reference, amount, currency, created
constexpr std::string_view kAttempt =
    "text, text, text, text, text, text, text, bigint, text, timestamp with time zone";
// refund, order, gateway, state, kind of key, key, amount, currency, the gateway's id, reference
constexpr std::string_view kRefund = "text, text, text, text, text, text, bigint, text, text, text";
// event, aggregate's type and id, version, type, payload, time, tags
constexpr std::string_view kEvent =
    "text, text, text, bigint, text, jsonb, timestamp with time zone, text[]";

constexpr ContractFunction kFunctions[] = {
    {"contract_version", "", "integer"},

    {"payment_candidates", "integer, interval, text", kAttempt, true, Need::payments},
    {"order_attempts", "text", kAttempt, true, Need::payments},
    {"find_attempts", "text, text, text", kAttempt, true, Need::payments},
    {"expire_claims", "", "integer", false, Need::payments},
    {"mark_paid", "text, text, text, bigint, text, text, bigint", "text", false, Need::payments},
    {"attempt_closed", "text, text, bigint", "text", false, Need::payments},
    {"expirable_orders", "integer, text", "text", true, Need::payments},
    {"expire_order", "text, bigint, timestamp with time zone, text[]", "text", false,
     Need::payments},

    {"claim_attempt", "text, interval", "bigint", false, Need::executes},
    {"attempt_request", "text, bigint", "jsonb", false, Need::executes},
    {"attempt_outcome", "text, bigint, text, text, text, text", "text", false, Need::executes},

    {"refund_candidates", "integer, text", kRefund, true, Need::refunds},
    {"claim_refund", "text, interval", "bigint", false, Need::refunds},
    {"refund_outcome", "text, bigint, text, text, bigint", "text", false, Need::refunds},

    {"outbox_claim", "text, integer", kEvent, true, Need::outbox},
    {"outbox_ack", "text, text[]", "integer", false, Need::outbox},
    {"outbox_fail", "text, text, text, timestamp with time zone", "text", false, Need::outbox},
    {"outbox_skip", "text, text, text, text", "text", false, Need::outbox},
    {"outbox_blocked", "text, integer",
     "text, text, text, bigint, text, text, integer, timestamp with time zone, timestamp with "
     "time zone",
     true, Need::outbox},
    {"outbox_state", "text", "bigint, timestamp with time zone, bigint", true, Need::outbox},
    {"outbox_prune", "text, interval, integer", "integer", false, Need::outbox},

    {"projection_begin", "text, integer", "text", false, Need::projections},
    {"projection_backfill", "text, integer, text, integer", "text, bigint", true,
     Need::projections},
    {"projection_apply", "text, integer, text, text, text, bigint, text, jsonb", "text", false,
     Need::projections},
    {"projection_verify", "text, integer", "bigint, text", true, Need::projections},
    {"projection_swap", "text, integer, integer", "text", false, Need::projections},
    {"projection_drop", "text, integer", "text", false, Need::projections},
};

bool is_used(Need need, Used used) {
    switch (need) {
        case Need::always:
            return true;
        case Need::payments:
        case Need::refunds:
        case Need::executes:
            return used.payments;
        case Need::outbox:
            return used.outbox;
        case Need::projections:
            return used.projections;
    }
    return true;
}

std::string signature(const ContractFunction& wanted) {
    return fmt::format("{}({}) returns {}{}{}", wanted.name, wanted.arguments,
                       wanted.many ? "rows (" : "", wanted.result, wanted.many ? ")" : "");
}

constexpr std::string_view kFound = R"(
SELECT p.proname,
       coalesce((SELECT string_agg(format_type(t.type, NULL), ', ' ORDER BY t.n)
                 FROM unnest(p.proargtypes) WITH ORDINALITY t(type, n)), ''),
       coalesce((SELECT string_agg(format_type(t.type, NULL), ', ' ORDER BY t.n)
                 FROM unnest(p.proallargtypes, p.proargmodes) WITH ORDINALITY t(type, mode, n)
                 WHERE t.mode IN ('t', 'o', 'b')), format_type(p.prorettype, NULL)),
       p.proretset, p.prosecdef,
       coalesce((SELECT bool_or(c LIKE 'search_path=%') FROM unnest(p.proconfig) c), false),
       has_function_privilege(p.oid, 'EXECUTE')
           AND has_schema_privilege(p.pronamespace, 'USAGE')
FROM pg_proc p JOIN pg_namespace n ON n.oid = p.pronamespace
WHERE n.nspname = $1 AND p.prokind = 'f'
ORDER BY p.proname, p.oid LIMIT 1000)";

}  // namespace

std::span<const ContractFunction> contract() {
    return kFunctions;
}

std::vector<std::string> contract_problems(std::span<const FoundFunction> found, Used used,
                                           std::string_view schema, std::string_view role) {
    std::vector<std::string> problems;
    for (const ContractFunction& wanted : kFunctions) {
        if (!is_used(wanted.need, used)) continue;
        const auto named = [&](const FoundFunction& f) { return f.name == wanted.name; };
        const auto fits = [&](const FoundFunction& f) {
            return named(f) && f.arguments == wanted.arguments;
        };
        const auto at = std::ranges::find_if(found, fits);
        if (at == found.end()) {
            const auto other = std::ranges::find_if(found, named);
            problems.push_back(other == found.end()
                                   ? fmt::format("{}.{} is missing", schema, signature(wanted))
                                   : fmt::format("{}.{} must take ({}), but takes ({})", schema,
                                                 wanted.name, wanted.arguments, other->arguments));
            continue;
        }
        if (at->result != wanted.result || at->many != wanted.many) {
            problems.push_back(fmt::format("{}.{} must return {}{}, but returns {}{}", schema,
                                           wanted.name, wanted.many ? "rows of " : "",
                                           wanted.result, at->many ? "rows of " : "", at->result));
        }
        if (!at->security_definer && wanted.need == Need::outbox) {
            // The relay's batch is one statement on Barid's session, and refuses it, too.
            problems.push_back(fmt::format(
                "{0}.{1}({2}) would run with Barid's rights: ALTER FUNCTION {0}.{1}({2}) SECURITY "
                "DEFINER SET search_path = pg_catalog, pg_temp",
                schema, wanted.name, wanted.arguments));
        }
        if (at->security_definer && !at->pins_search_path) {
            problems.push_back(fmt::format(
                "{0}.{1}({2}) has its owner's rights and everybody's search_path: ALTER FUNCTION "
                "{0}.{1}({2}) SET search_path = pg_catalog, pg_temp",
                schema, wanted.name, wanted.arguments));
        }
        if (!at->executable) {
            problems.push_back(
                fmt::format("{0} may not execute {1}.{2}: GRANT USAGE ON SCHEMA {1} TO {0}; GRANT "
                            "EXECUTE ON ALL FUNCTIONS IN SCHEMA {1} TO {0}",
                            role.empty() ? "the login" : role, schema, wanted.name));
        }
    }
    return problems;
}

awaitable<std::vector<FoundFunction>> read_functions(const Shop& shop, std::string schema) {
    std::vector<FoundFunction> found;
    const pg::Result rows = co_await shop.pool().execute(kFound, pg::Params(schema));
    for (const auto& row : rows) {
        found.push_back({.name = std::string(row.text(0)),
                         .arguments = std::string(row.text(1)),
                         .result = std::string(row.text(2)),
                         .many = row.get<bool>(3),
                         .security_definer = row.get<bool>(4),
                         .pins_search_path = row.get<bool>(5),
                         .executable = row.get<bool>(6)});
    }
    co_return found;
}

awaitable<std::vector<std::string>> check_contract(const Shop& shop, std::string schema,
                                                   std::string role, Used used) {
    const std::vector<FoundFunction> found = co_await read_functions(shop, schema);
    std::vector<std::string> problems = contract_problems(found, used, schema, role);
    if (problems.empty()) {
        const pg::Result version = co_await shop.rows("contract_version", "", {});
        const auto number = version.one().get<int>(0);
        if (number != kContractVersion) {
            problems.push_back(
                fmt::format("{}.contract_version() says {}, this program knows version {}", schema,
                            number, kContractVersion));
        }
    }
    co_return problems;
}

}  // namespace barid::commerce
