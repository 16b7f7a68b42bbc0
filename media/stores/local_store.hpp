// A directory as an object store: the embedded default, served by Barid's own HTTP port.
//
// File work runs on the blocking pool; the io thread only waits. What is promised on disk is
// LocalDirectory's: whole files, flushed, inside the root. Not thread-safe (but several puts may
// be in flight); the pool must outlive the store, and the store every call of it.
#pragma once

#include <memory>
#include <optional>
#include <string>
#include <string_view>

#include "base/run_on.hpp"
#include "base/secret.hpp"
#include "media/store.hpp"
#include "media/stores/local_directory.hpp"

namespace barid::media {

class LocalStore final : public ObjectStore {
  public:
    /// Makes and checks the directory (blocking: at start-up). `base_url` is where it is served:
    /// "http://127.0.0.1:8080/media"; `secret` signs the addresses of a private store.
    LocalStore(ThreadPool& blocking, std::string directory, std::string base_url,
               Secret secret = {});

    awaitable<StoredObject> put(std::string key, std::string bytes,
                                std::string content_type) override;
    awaitable<std::optional<StoredObject>> head(std::string key) override;
    awaitable<std::string> get(std::string key, std::size_t max_bytes) override;
    awaitable<void> remove(std::string key) override;
    [[nodiscard]] std::string url(std::string_view key) const override;
    [[nodiscard]] std::string signed_url(std::string_view key,
                                         std::chrono::sys_seconds expires) const override;
    [[nodiscard]] std::string_view name() const override { return "local"; }

    /// For the HTTP server that serves the files.
    [[nodiscard]] std::shared_ptr<const LocalDirectory> directory() const { return files_; }

  private:
    ThreadPool& blocking_;
    std::shared_ptr<const LocalDirectory> files_;
    std::string base_url_;
    Secret secret_;
};

}  // namespace barid::media
