// The keys of [notify.fcm], and of [notify.fcm_projects.NAME] for each further Firebase project.
#include "config/key_types.hpp"

namespace barid::config {
namespace {

bool is_path(std::string_view text) {
    return text.find('\0') == text.npos;
}

bool is_google_project(std::string_view text) {
    return text.size() <= 64 &&
           text.find_first_not_of("abcdefghijklmnopqrstuvwxyz0123456789-:.") == text.npos;
}

bool is_https_url(std::string_view text) {
    return text.starts_with("https://") && is_http_url(text);
}

}  // namespace

bool is_fcm_project_name(std::string_view name) {
    return !name.empty() && name.size() <= 40 && name.front() >= 'a' && name.front() <= 'z' &&
           name.find_first_not_of("abcdefghijklmnopqrstuvwxyz0123456789_-") == name.npos &&
           name != "default";
}

std::vector<Key> fcm_keys(const std::string& name) {
    const std::string section = name.empty() ? "notify.fcm" : "notify.fcm_projects." + name;
    const auto key = [&](const char* part) { return section + "." + part; };
    // One function for reading (const) and writing alike.
    const auto of = [name](auto& settings) -> auto& {
        return name.empty() ? settings.notify.fcm : settings.notify.fcm_projects.at(name);
    };
    const TextKey url = {.allowed =
                             "an http or https URL without user, query or fragment, "
                             "like \"https://fcm.googleapis.com\"",
                         .valid = is_http_url};
    return {
        choice_key<FcmTransport>(
            key("client"), [of](auto& s) -> auto& { return of(s).client; },
            {{"http2", FcmTransport::http2}, {"libcurl", FcmTransport::libcurl}}),
        text_key(key("project"), [of](auto& s) -> auto& { return of(s).project; },
                 {.allowed = "a Google project id like \"shop-1\"", .valid = is_google_project}),
        choice_key<FcmCredentials>(
            key("credentials"), [of](auto& s) -> auto& { return of(s).credentials; },
            {{"file", FcmCredentials::file}, {"metadata", FcmCredentials::metadata}}),
        text_key(key("credentials_file"), [of](auto& s) -> auto& { return of(s).credentials_file; },
                 {.allowed = "the path of a service account's JSON file",
                  .valid = is_path,
                  .usual_variable = name.empty() ? "GOOGLE_APPLICATION_CREDENTIALS" : ""}),
        text_key(
            key("metadata_url"), [of](auto& s) -> auto& { return of(s).metadata_url; }, url),
        text_key(
            key("endpoint"), [of](auto& s) -> auto& { return of(s).endpoint; },
            {.allowed =
                 "an https URL like \"https://fcm.googleapis.com\": messages go over HTTP/2 only",
             .valid = is_https_url}),
        text_key(
            key("iid_endpoint"), [of](auto& s) -> auto& { return of(s).iid_endpoint; }, url),
        text_key(
            key("token_uri"), [of](auto& s) -> auto& { return of(s).token_uri; }, url),
        integer_key(
            key("connections"), [of](auto& s) -> auto& { return of(s).connections; }, 1, 64),
    };
}

}  // namespace barid::config
