// Puts values into "Order {order} has shipped". Pure, thread-safe.
//
// What `barid.upsert_template` has checked holds here too: a brace belongs to a {variable}. A
// variable without a value is an error of the caller's, and all of them are named.
#pragma once

#include <map>
#include <string>
#include <string_view>
#include <vector>

namespace barid::notify {

using Variables = std::map<std::string, std::string, std::less<>>;

struct RenderedText {
    std::string text = {};
    std::vector<std::string> missing = {};  ///< variables that have no value, each once
};

/// Values are isolated for `locale`; they are never read as templates themselves.
RenderedText render_template(std::string_view content, const Variables& values,
                             std::string_view locale);

}  // namespace barid::notify
