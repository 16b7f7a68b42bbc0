#include "media/stores/local_store.hpp"

#include <fcntl.h>
#include <gtest/gtest.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include <atomic>
#include <fstream>
#include <sstream>
#include <thread>

#include "base/crypto.hpp"
#include "tests/integration/media_stores/io.hpp"
#include "tests/unit/media_stores/expect_error.hpp"

namespace barid::media {
namespace {

namespace fs = std::filesystem;

std::string content_of(const fs::path& path) {
    std::ifstream in(path, std::ios::binary);
    std::ostringstream text;
    text << in.rdbuf();
    return text.str();
}

void write_file(const fs::path& path, const std::string& text) {
    std::ofstream(path, std::ios::binary) << text;
}

std::size_t entries_in(const fs::path& path) {
    return static_cast<std::size_t>(
        std::distance(fs::directory_iterator(path), fs::directory_iterator()));
}

class LocalStoreTest : public testing::Test {
  protected:
    StoredObject put(const std::string& key, const std::string& bytes) {
        return io.run(store.put(key, bytes, "image/webp"));
    }

    Io io;
    TemporaryDirectory outside;
    TemporaryDirectory root;
    LocalStore store{io.blocking, root.string() + "/media", "http://127.0.0.1:1/media/"};
    fs::path base = root.path() / "media";
};

TEST_F(LocalStoreTest, PutsGetsDescribesAndRemoves) {
    const std::string bytes("a\0b\xff", 4);
    const auto stored = put("ab/cd/640.webp", bytes);
    EXPECT_EQ(stored.url, "http://127.0.0.1:1/media/ab/cd/640.webp");
    EXPECT_EQ(stored.sha256, sha256_hex(bytes));
    EXPECT_EQ(stored.bytes, 4U);
    EXPECT_FALSE(stored.existed);
    EXPECT_EQ(content_of(base / "ab/cd/640.webp"), bytes);
    EXPECT_EQ(io.run(store.get("ab/cd/640.webp", 4)), bytes);
    const auto found = io.run(store.head("ab/cd/640.webp"));
    ASSERT_TRUE(found);
    EXPECT_EQ(found->sha256, sha256_hex(bytes));
    EXPECT_EQ(found->bytes, 4U);

    io.run(store.remove("ab/cd/640.webp"));
    EXPECT_FALSE(io.run(store.head("ab/cd/640.webp")));
    EXPECT_FALSE(fs::exists(base / "ab")) << "emptied directories go too";
    EXPECT_NO_THROW(io.run(store.remove("ab/cd/640.webp")));
    EXPECT_NO_THROW(io.run(store.remove("never/was")));
}

TEST_F(LocalStoreTest, RemovingKeepsDirectoriesThatAreInUse) {
    put("a/x.webp", "1");
    put("a/y.webp", "2");
    io.run(store.remove("a/x.webp"));
    EXPECT_TRUE(fs::exists(base / "a/y.webp"));
}

TEST_F(LocalStoreTest, TheSameBytesAreNotWrittenTwice) {
    put("a.webp", "bytes");
    struct stat before = {};
    ASSERT_EQ(::stat((base / "a.webp").c_str(), &before), 0);
    EXPECT_TRUE(put("a.webp", "bytes").existed);
    struct stat after = {};
    ASSERT_EQ(::stat((base / "a.webp").c_str(), &after), 0);
    EXPECT_EQ(before.st_ino, after.st_ino);
}

TEST_F(LocalStoreTest, ADamagedCopyIsReplaced) {
    put("a.webp", "bytes");
    write_file(base / "a.webp", "bytez");
    EXPECT_FALSE(put("a.webp", "bytes").existed);
    EXPECT_EQ(content_of(base / "a.webp"), "bytes");
}

TEST_F(LocalStoreTest, LeavesNoTemporaryFilesAndSweepsOldOnes) {
    put("a/b.webp", "bytes");
    EXPECT_EQ(entries_in(base / ".tmp"), 0U);
    write_file(base / ".tmp/old", "half");
    write_file(base / ".tmp/new", "half");
    const auto old = fs::file_time_type::clock::now() - std::chrono::hours(2);
    fs::last_write_time(base / ".tmp/old", old);
    const LocalDirectory again(base.string());
    EXPECT_FALSE(fs::exists(base / ".tmp/old"));
    EXPECT_TRUE(fs::exists(base / ".tmp/new")) << "another process may be writing it";
}

TEST_F(LocalStoreTest, GetKnowsAbsenceAndTheCap) {
    EXPECT_EQ(thrown_by([&] { io.run(store.get("a.webp", 9)); }).code(), "not_found");
    put("a.webp", "bytes");
    EXPECT_EQ(thrown_by([&] { io.run(store.get("a.webp", 4)); }).code(), "too_large");
}

TEST_F(LocalStoreTest, NeverFollowsLinksOutOfItsRoot) {
    write_file(outside.path() / "secret.webp", "secret");
    fs::create_directory_symlink(outside.path(), base / "link");
    fs::create_symlink(outside.path() / "secret.webp", base / "file.webp");

    EXPECT_EQ(thrown_by([&] { io.run(store.get("link/secret.webp", 99)); }).code(),
              "store_rejected");
    EXPECT_FALSE(io.run(store.head("file.webp")));
    EXPECT_EQ(thrown_by([&] { put("link/new.webp", "x"); }).code(), "store_rejected");
    EXPECT_EQ(entries_in(outside.path()), 1U);

    // Publishing over a link replaces the link, not what it points to.
    put("file.webp", "bytes");
    EXPECT_EQ(content_of(outside.path() / "secret.webp"), "secret");
    EXPECT_FALSE(fs::is_symlink(base / "file.webp"));
    EXPECT_EQ(thrown_by([&] { io.run(store.remove("link/secret.webp")); }).code(),
              "store_rejected");
    EXPECT_TRUE(fs::exists(outside.path() / "secret.webp"));
}

TEST_F(LocalStoreTest, BadKeysAreRefusedBeforeAnyFile) {
    for (const std::string key : {"../x.webp", "a/../../x", "/etc/passwd", ".tmp/x", "a//b"}) {
        EXPECT_EQ(thrown_by([&] { put(key, "x"); }).code(), "bad_key") << key;
        EXPECT_EQ(thrown_by([&] { io.run(store.get(key, 1)); }).code(), "bad_key") << key;
        EXPECT_EQ(thrown_by([&] { io.run(store.head(key)); }).code(), "bad_key") << key;
        EXPECT_EQ(thrown_by([&] { io.run(store.remove(key)); }).code(), "bad_key") << key;
    }
}

TEST_F(LocalStoreTest, AFileOrAPipeInTheWayIsAClearError) {
    put("a", "file");
    const auto error = thrown_by([&] { put("a/b.webp", "x"); });
    EXPECT_EQ(error.code(), "store_rejected");
    EXPECT_FALSE(error.transient());
    ASSERT_EQ(::mkfifo((base / "pipe").c_str(), 0600), 0);
    EXPECT_FALSE(io.run(store.head("pipe"))) << "and it doesn't hang";
}

TEST_F(LocalStoreTest, SurvivesPutsAndRemovesOfOneDirectoryAtOnce) {
    const auto files = store.directory();
    std::atomic<int> failures = 0;
    const auto work = [&](const std::string& key) {
        for (int i = 0; i < 60; ++i) {
            try {
                files->write(key, "bytes");
                files->remove(key);
            } catch (const Error&) {
                ++failures;
            }
        }
    };
    {
        std::jthread one(work, "d/e/1.webp");
        std::jthread two(work, "d/e/2.webp");
    }
    EXPECT_EQ(failures, 0);
    EXPECT_EQ(entries_in(base / ".tmp"), 0U);
}

TEST(LocalDirectory, AnUnusablePlaceIsAPermanentErrorThatNamesIt) {
    const TemporaryDirectory root;
    write_file(root.path() / "file", "x");
    const auto blocked = thrown_by([&] { LocalDirectory((root.path() / "file/media").string()); });
    EXPECT_FALSE(blocked.transient());
    EXPECT_NE(std::string(blocked.what()).find("file/media"), std::string::npos);
    // Nobody, not even root, can make files in /proc.
    const auto denied = thrown_by([] { LocalDirectory("/proc/barid-media"); });
    EXPECT_NE(std::string(denied.what()).find("/proc/barid-media"), std::string::npos);
}

TEST(LocalDirectory, AReadOnlyDirectoryIsDeniedWithTheWayToMendIt) {
    if (::geteuid() == 0) {
        // Root may write anywhere; the child drops to nobody to see what others see.
        const TemporaryDirectory root;
        ASSERT_EQ(::chmod(root.string().c_str(), 0755), 0);
        const auto child = ::fork();
        if (child == 0) {
            if (::setgid(65534) != 0 || ::setuid(65534) != 0) ::_exit(2);
            try {
                const LocalDirectory directory(root.string());
            } catch (const Error& error) {
                const bool clear =
                    error.code() == "store_denied" && !error.transient() &&
                    std::string(error.what()).find("write access") != std::string::npos;
                ::_exit(clear ? 0 : 3);
            }
            ::_exit(4);
        }
        int status = 0;
        ASSERT_EQ(::waitpid(child, &status, 0), child);
        ASSERT_TRUE(WIFEXITED(status));
        EXPECT_EQ(WEXITSTATUS(status), 0);
        return;
    }
    const TemporaryDirectory root;
    ASSERT_EQ(::chmod(root.string().c_str(), 0555), 0);
    EXPECT_EQ(thrown_by([&] { LocalDirectory{root.string()}; }).code(), "store_denied");
    ASSERT_EQ(::chmod(root.string().c_str(), 0755), 0);
}

}  // namespace
}  // namespace barid::media
