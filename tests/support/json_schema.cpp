#include "tests/support/json_schema.hpp"

#include <algorithm>
#include <set>

namespace barid::support {
namespace {

bool is_type(const json::value& value, std::string_view type) {
    if (type == "object") return value.is_object();
    if (type == "array") return value.is_array();
    if (type == "string") return value.is_string();
    if (type == "boolean") return value.is_bool();
    if (type == "null") return value.is_null();
    if (type == "number") return value.is_number();
    if (type == "integer") return value.is_int64() || value.is_uint64();
    return false;
}

class Checker {
  public:
    explicit Checker(const json::value& root) : root_(root) {}

    void check(const json::value& schema, const json::value& value, const std::string& at) {
        if (schema.is_bool()) {
            if (!schema.get_bool()) note(at, "nothing is allowed here");
            return;
        }
        const auto& rules = schema.as_object();
        known_keywords(rules, at);
        if (const auto* ref = rules.if_contains("$ref")) {
            boost::system::error_code ec;
            const auto* target = root_.find_pointer(std::string(ref->as_string()).substr(1), ec);
            if (target == nullptr) return note(at, "unknown reference");
            check(*target, value, at);
        }
        check_type(rules, value, at);
        if (const auto* wanted = rules.if_contains("const"); wanted && *wanted != value) {
            note(at, "is not the constant");
        }
        if (const auto* choices = rules.if_contains("enum")) {
            const auto& list = choices->as_array();
            if (std::ranges::find(list, value) == list.end()) {
                note(at, "is not one of the choices: " + json::serialize(value));
            }
        }
        check_object(rules, value, at);
        check_array(rules, value, at);
        check_number(rules, value, at);
        check_choices(rules, value, at);
    }

    std::vector<std::string> problems;

  private:
    void note(const std::string& at, const std::string& problem) {
        problems.push_back((at.empty() ? "/" : at) + ": " + problem);
    }

    void known_keywords(const json::object& rules, const std::string& at) {
        static const std::set<std::string, std::less<>> kKnown = {
            "$ref",       "type",
            "enum",       "const",
            "properties", "required",
            "minimum",    "items",
            "oneOf",      "anyOf",
            "allOf",      "description",
            "format",     "maximum",
            "title",      "default",
            "examples",   "minLength",
            "maxLength",  "maxItems",
            "minItems",   "additionalProperties",
            "pattern",    "deprecated"};
        for (const auto& [name, rule] : rules) {
            if (!kKnown.contains(name)) note(at, "unknown keyword " + std::string(name));
        }
    }

    void check_type(const json::object& rules, const json::value& value, const std::string& at) {
        const auto* type = rules.if_contains("type");
        if (type == nullptr) return;
        bool fits = false;
        if (type->is_string()) {
            fits = is_type(value, type->get_string());
        } else {
            for (const auto& one : type->as_array()) fits = fits || is_type(value, one.as_string());
        }
        if (!fits) {
            note(at, "is not of type " + json::serialize(*type) + ": " +
                         json::serialize(value).substr(0, 80));
        }
    }

    void check_object(const json::object& rules, const json::value& value, const std::string& at) {
        const auto* object = value.if_object();
        if (object == nullptr) return;
        if (const auto* required = rules.if_contains("required")) {
            for (const auto& name : required->as_array()) {
                if (!object->contains(name.as_string())) {
                    note(at, "misses " + std::string(name.as_string()));
                }
            }
        }
        const auto* properties = rules.if_contains("properties");
        const auto* others = rules.if_contains("additionalProperties");
        for (const auto& [name, member] : *object) {
            const std::string place = at + "/" + std::string(name);
            const auto* rule =
                properties != nullptr ? properties->as_object().if_contains(name) : nullptr;
            if (rule != nullptr)
                check(*rule, member, place);
            else if (others != nullptr)
                check(*others, member, place);
        }
    }

    void check_array(const json::object& rules, const json::value& value, const std::string& at) {
        const auto* array = value.if_array();
        const auto* items = rules.if_contains("items");
        if (array == nullptr || items == nullptr) return;
        for (std::size_t i = 0; i < array->size(); ++i) {
            check(*items, array->at(i), at + "/" + std::to_string(i));
        }
    }

    void check_number(const json::object& rules, const json::value& value, const std::string& at) {
        if (!value.is_number()) return;
        const auto number = value.to_number<double>();
        if (const auto* min = rules.if_contains("minimum");
            min && number < min->to_number<double>()) {
            note(at, "is too small");
        }
        if (const auto* max = rules.if_contains("maximum");
            max && number > max->to_number<double>()) {
            note(at, "is too large");
        }
    }

    void check_choices(const json::object& rules, const json::value& value, const std::string& at) {
        if (const auto* all = rules.if_contains("allOf")) {
            for (const auto& schema : all->as_array()) check(schema, value, at);
        }
        for (const char* name : {"oneOf", "anyOf"}) {
            const auto* choices = rules.if_contains(name);
            if (choices == nullptr) continue;
            int fitting = 0;
            for (const auto& schema : choices->as_array()) {
                Checker inner(root_);
                inner.check(schema, value, at);
                fitting += inner.problems.empty() ? 1 : 0;
            }
            const bool right = std::string_view(name) == "oneOf" ? fitting == 1 : fitting > 0;
            if (!right) note(at, std::string("fits ") + std::to_string(fitting) + " of " + name);
        }
    }

    const json::value& root_;
};

}  // namespace

std::vector<std::string> schema_violations(const json::value& root, const json::value& schema,
                                           const json::value& value) {
    Checker checker(root);
    checker.check(schema, value, "");
    return std::move(checker.problems);
}

}  // namespace barid::support
