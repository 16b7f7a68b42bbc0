// The tokens that stand for protected text (translate/mask.hpp), between their maker and the
// scanner that must not let a source's own look-alikes through. Pure, thread-safe.
#pragma once

#include <cstddef>
#include <string_view>

namespace barid::translate {

/// The length of a plain token ("k0@m.invalid", in any case) that `rest` begins with, or 0.
std::size_t own_token_size(std::string_view rest);

}  // namespace barid::translate
