#include "media/source.hpp"

#include <gtest/gtest.h>
#include <sys/stat.h>

#include <filesystem>
#include <fstream>

#include "base/crypto.hpp"

namespace barid::media {
namespace {

namespace fs = std::filesystem;

/// root/a.jpg, root/sub/b.jpg, outside/secret.jpg, and links between them.
class SourceFile : public ::testing::Test {
  protected:
    SourceFile() : base_(fs::temp_directory_path() / ("barid-source-" + random_uuid())) {
        fs::create_directories(base_ / "root/sub");
        fs::create_directories(base_ / "outside");
        std::ofstream(base_ / "root/a.jpg") << "picture a";
        std::ofstream(base_ / "root/sub/b.jpg") << "picture b";
        std::ofstream(base_ / "outside/secret.jpg") << "secret";
        options_.roots = {(base_ / "root").string()};
    }
    ~SourceFile() override { fs::remove_all(base_); }

    std::string code_of(const std::string& path) {
        try {
            (void)read_source_file(path, options_);
            return "read";
        } catch (const Error& e) {
            return e.code();
        }
    }
    std::string at(const std::string& path) { return (base_ / path).string(); }

    fs::path base_;
    SourceOptions options_;
};

TEST_F(SourceFile, IsReadByAbsoluteOrRelativePathAndHashed) {
    const FetchedSource absolute = read_source_file(at("root/sub/b.jpg"), options_);
    EXPECT_EQ(absolute.bytes, "picture b");
    EXPECT_EQ(absolute.sha256, sha256_hex("picture b"));
    EXPECT_EQ(read_source_file("a.jpg", options_).bytes, "picture a");
    EXPECT_EQ(read_source_file("sub/../a.jpg", options_).bytes, "picture a");
}

TEST_F(SourceFile, IsRefusedOutsideOfTheRoots) {
    EXPECT_EQ(code_of(at("outside/secret.jpg")), "source_denied");
    EXPECT_EQ(code_of("../outside/secret.jpg"), "source_denied");
    EXPECT_EQ(code_of(at("root/../outside/secret.jpg")), "source_denied");
    EXPECT_EQ(code_of("sub/../../outside/secret.jpg"), "source_denied");
    EXPECT_EQ(code_of("/etc/passwd"), "source_denied");
    EXPECT_EQ(code_of(at("root") + "/../outside/secret.jpg"), "source_denied");
}

TEST_F(SourceFile, IsNotReachedThroughLinksOutOfTheRoot) {
    fs::create_symlink(base_ / "outside/secret.jpg", base_ / "root/link.jpg");
    fs::create_directory_symlink(base_ / "outside", base_ / "root/dir");
    fs::create_symlink("/proc/self/environ", base_ / "root/environ");
    EXPECT_EQ(code_of("link.jpg"), "source_denied");
    EXPECT_EQ(code_of("dir/secret.jpg"), "source_denied");
    EXPECT_EQ(code_of("environ"), "source_denied");
    fs::create_symlink("../outside/secret.jpg", base_ / "root/relative.jpg");
    EXPECT_EQ(code_of("relative.jpg"), "source_denied");
}

TEST_F(SourceFile, MustNotShareAPrefixWithARootOnlyByItsLetters) {
    fs::create_directories(base_ / "rootkit");
    std::ofstream(base_ / "rootkit/x.jpg") << "x";
    EXPECT_EQ(code_of(at("rootkit/x.jpg")), "source_denied");
}

TEST_F(SourceFile, MustBeARegularFile) {
    EXPECT_EQ(code_of("sub"), "bad_source");
    ASSERT_EQ(mkfifo(at("root/pipe").c_str(), 0600), 0);
    EXPECT_EQ(code_of("pipe"), "bad_source");  // and doesn't hang
}

TEST_F(SourceFile, SaysWhenItIsNotThereOrTooLarge) {
    EXPECT_EQ(code_of("nothing.jpg"), "source_not_found");
    EXPECT_EQ(code_of("a.jpg/b"), "source_not_found");
    EXPECT_EQ(code_of(""), "bad_source");
    EXPECT_EQ(code_of(std::string("a\0.jpg", 6)), "bad_source");
    options_.max_bytes = 8;
    EXPECT_EQ(code_of("a.jpg"), "too_large");
    options_.max_bytes = 9;
    EXPECT_EQ(code_of("a.jpg"), "read");
}

TEST_F(SourceFile, IsLookedForInEveryRoot) {
    options_.roots = {at("missing"), at("root/sub"), at("root")};
    EXPECT_EQ(code_of("a.jpg"), "read");
    EXPECT_EQ(code_of("b.jpg"), "read");
    options_.roots.clear();
    EXPECT_EQ(code_of("a.jpg"), "source_denied");
}

}  // namespace
}  // namespace barid::media
