// The functions that a shop provides for Barid, and whether it provides them as they must be.
//
// A worker with [shop] checks them before it begins, and the doctor tells what is missing. Which
// are needed depends on what is configured: payments, streams, projections. Names of arguments are
// the shop's own; types, results and the order count. Pure but for `read_functions`; io thread.
#pragma once

#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "commerce/shop.hpp"

namespace barid::commerce {

inline constexpr int kContractVersion = 1;

/// What a function is for: which parts of the configuration need it.
enum class Need { always, payments, refunds, executes, outbox, projections };

struct ContractFunction {
    std::string_view name;
    std::string_view arguments;  ///< "text, interval": types as format_type writes them
    std::string_view result;     ///< "text", or the types of a row's columns, joined by ", "
    bool many = false;           ///< returns rows
    Need need = Need::always;
};

/// All of them, in the order of docs/commerce.md.
std::span<const ContractFunction> contract();

/// What the catalog has.
struct FoundFunction {
    std::string name;
    std::string arguments;
    std::string result;
    bool many = false;
    bool security_definer = false;
    bool pins_search_path = false;
    bool executable = false;  ///< by the session's role
};

struct Used {
    bool payments = false;
    bool outbox = false;  ///< a stream without a table
    bool projections = false;
};

/// What keeps the shop's functions from being used: a sentence each, with how to mend it. Empty:
/// nothing. `version`: what contract_version answered.
std::vector<std::string> contract_problems(std::span<const FoundFunction> found, Used used,
                                           std::string_view schema, std::string_view role);

awaitable<std::vector<FoundFunction>> read_functions(const Shop& shop, std::string schema);

/// Reads and judges, and asks for the version when nothing else is wrong.
awaitable<std::vector<std::string>> check_contract(const Shop& shop, std::string schema,
                                                   std::string role, Used used);

}  // namespace barid::commerce
