// What the media cases work on: the pictures of a directory, or photographs made up on the spot,
// and a place for what came out of them.
//
// Everything that is written lives in a temporary folder that goes with the object. One thread.
#pragma once

#include <filesystem>
#include <string>
#include <vector>

namespace barid::bench {

class PictureStage {
  public:
    /// `directory` empty: eight pictures are made (noise over soft gradients, 1 to 12 megapixels).
    /// Throws std::runtime_error when a directory holds no picture.
    explicit PictureStage(const std::string& directory);
    ~PictureStage();
    PictureStage(const PictureStage&) = delete;
    PictureStage& operator=(const PictureStage&) = delete;

    [[nodiscard]] const std::vector<std::string>& files() const { return files_; }
    /// Where they are from, for the report.
    [[nodiscard]] const std::string& origin() const { return origin_; }
    /// A folder of that name for a contender's outputs, made when it isn't there.
    [[nodiscard]] std::string folder(const std::string& name) const;
    /// The mean SSIM of the outputs in `folder(name)` against the sources scaled down without
    /// loss; over those pictures that all folders have.
    [[nodiscard]] double quality(const std::string& name) const;

  private:
    void make_pictures();

    std::filesystem::path folder_;
    std::vector<std::string> files_;
    std::string origin_;
};

}  // namespace barid::bench
