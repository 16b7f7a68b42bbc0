#include "admin/http/site.hpp"

#include <fmt/format.h>

#include "admin/http/response_head.hpp"
#include "base/text.hpp"

namespace barid::web {

const Application* Site::application_of(std::string_view path) const {
    for (auto prefix = path;;) {
        const auto found = mounts.find(prefix);
        if (found != mounts.end()) return &found->second;
        const auto slash = prefix.rfind('/');
        if (slash == prefix.npos || slash == 0) return nullptr;
        prefix = prefix.substr(0, slash);
    }
}

bool Site::is_application(std::string_view target) const {
    return application_of(path_of(target)) != nullptr;
}

Response Site::readiness() const {
    const auto state = ready ? ready() : Readiness{};
    if (state.ready) return plain_text(200, "ok\n");
    return plain_text(503, scrub_utf8(state.reason) + "\n");
}

Response Site::info() const {
    std::string paths = R"("/livez","/readyz")";
    if (media) paths += R"(,"/media/")";
    for (const auto& [path, handler] : routes) paths += "," + json_quote(path);
    for (const auto& [path, application] : mounts) paths += "," + json_quote(path + "/");
    if (assets) paths += "," + json_quote(assets->prefix());
    return {.status = 200,
            .body = fmt::format("{{\"name\":\"barid\",\"version\":{},\"paths\":[{}]}}\n",
                                json_quote(options.version), paths)};
}

}  // namespace barid::web
