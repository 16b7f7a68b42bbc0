// Renders templates: ICU MessageFormat with named variables, in the reader's language, time zone
// and digits.
//
//     TemplateRenderer renderer;
//     const RenderResult r = renderer.render(text, vars, version.variables, {.time_zone = tz});
//     if (!r.problems.empty()) throw PayloadError(r.problems);
//
// Understood are {name}, plural, selectordinal, select, number, date and time. A string is put in
// as it is, isolated when its direction is foreign to the sentence; it is never read as a pattern.
// A user's data makes problems, never an exception. Patterns and ICU's formatters are kept for the
// next time, a bounded number of them. Not thread-safe: io thread only.
#pragma once

#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "base/json.hpp"
#include "base/json_reader.hpp"
#include "notify/template.hpp"

namespace barid::notify {

/// The store's choice: 0123456789, or those of the reader's language (٠١٢٣٤٥٦٧٨٩ for Arabic).
enum class Digits { latin, native };

struct RenderOptions {
    Digits digits = Digits::latin;
    std::string time_zone = "UTC";  ///< the reader's, an IANA name
};

struct RenderResult {
    std::string title = {};
    std::string body = {};
    std::string html = {};  ///< values are escaped; empty when the text has none
    /// Every variable that is missing ("/vars/name") or of another type, and whatever is wrong
    /// with the text itself ("/title"). When there are any, the texts above must not be used.
    std::vector<Violation> problems = {};
};

class TemplateRenderer {
  public:
    TemplateRenderer();
    ~TemplateRenderer();
    TemplateRenderer(const TemplateRenderer&) = delete;
    TemplateRenderer& operator=(const TemplateRenderer&) = delete;

    RenderResult render(const TemplateText& text, const json::object& vars,
                        const VariableSchema& schema, const RenderOptions& options = {});

    /// Why ICU, or Barid, refuses a pattern in this language; empty when neither does.
    std::string pattern_problem(std::string_view pattern, std::string_view locale);

  private:
    struct Caches;
    std::unique_ptr<Caches> caches_;
};

}  // namespace barid::notify
