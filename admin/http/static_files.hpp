// Files that are built into the program, below one prefix: the dashboard.
//
// Pure; the assets must live as long as this does.
#pragma once

#include <functional>
#include <map>
#include <optional>
#include <set>
#include <span>
#include <string>
#include <string_view>

#include "admin/http/asset.hpp"
#include "admin/http/message.hpp"

namespace barid::web {

/// Content codings in which an asset can be sent.
enum class Coding { identity, gzip, brotli };

/// The best one that the client takes and that is there (RFC 9110 §12.5.3): the highest q, and
/// among equals the smallest. Nothing when it takes none.
std::optional<Coding> choose_coding(const RequestHead& head, bool has_gzip, bool has_brotli);

/// True when `Accept` names text/html: a browser that opens a page, not a script that fetches.
bool wants_html(const RequestHead& head);

class StaticFiles {
  public:
    /// `prefix` ends with a slash. Throws a permanent Error when there is no "index.html".
    StaticFiles(std::string prefix, std::span<const Asset> assets,
                std::string content_security_policy);

    [[nodiscard]] const std::string& prefix() const { return prefix_; }
    /// Below the prefix, or the prefix without its slash.
    [[nodiscard]] bool owns(std::string_view path) const;

    struct Reply {
        Response response;           ///< without a body of its own unless it is an error
        std::string_view body = {};  ///< of the asset
    };
    /// For GET and HEAD. A page of the application, a path that no asset has, is index.html when a
    /// browser asks for it; a missing file is 404.
    [[nodiscard]] Reply answer(const RequestHead& head, std::string_view path) const;

  private:
    [[nodiscard]] Reply send(const RequestHead& head, const Asset& asset) const;

    std::string prefix_;
    std::string policy_;
    std::map<std::string_view, const Asset*> files_;
    std::set<std::string_view> folders_;  ///< first segments that hold files: "assets"
};

}  // namespace barid::web
