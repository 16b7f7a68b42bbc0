// What one setting makes another one need: the rules that no single key can check. Pure.
#pragma once

#include <string>
#include <vector>

#include "config/settings.hpp"

namespace barid::config {

struct Requirement {
    std::string key;          ///< the key that is missing
    std::string because_key;  ///< the key whose value asks for it
    std::string text;         ///< "is required when media.store = \"s3\""
};

std::vector<Requirement> unmet_requirements(const Settings& settings);

}  // namespace barid::config
