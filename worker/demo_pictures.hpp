// The demo's own pictures, drawn when they are needed: real PNG files of three kinds.
#pragma once

#include <filesystem>
#include <string>
#include <vector>

namespace barid::worker {

struct DemoPicture {
    std::string name;  ///< for people, and the last part of the entity
    std::filesystem::path path;
};

/// The pictures of `shared/images` near the current directory, or none.
std::vector<DemoPicture> find_shared_pictures();

/// Draws a landscape (RGB), a mug on transparent ground (RGBA) and a lamp (16-bit grey) into
/// `directory`. Throws a permanent Error when it can't be written.
std::vector<DemoPicture> draw_pictures(const std::filesystem::path& directory);

}  // namespace barid::worker
