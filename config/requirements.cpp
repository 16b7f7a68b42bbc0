#include "config/requirements.hpp"

#include <fmt/format.h>

#include <algorithm>

namespace barid::config {
namespace {

class Rules {
  public:
    /// Every key named from here on is needed because `key` has the value `value`.
    void because(std::string key, std::string_view value) {
        because_key_ = std::move(key);
        reason_ = fmt::format("is required when {} {}", because_key_, value);
    }
    void needs(std::string key, bool present) {
        if (!present) unmet.push_back({std::move(key), because_key_, reason_});
    }

    std::vector<Requirement> unmet;

  private:
    std::string because_key_;
    std::string reason_;
};

void media_rules(const Media& media, Rules& rules) {
    switch (media.store) {
        case MediaStore::local:
            rules.because("media.store", "= \"local\"");
            rules.needs("media.local.directory", !media.local.directory.empty());
            rules.needs("media.local.base_url", !media.local.base_url.empty());
            break;
        case MediaStore::s3:
            rules.because("media.store", "= \"s3\"");
            rules.needs("media.s3.endpoint", !media.s3.endpoint.empty());
            rules.needs("media.s3.region", !media.s3.region.empty());
            rules.needs("media.s3.bucket", !media.s3.bucket.empty());
            rules.needs("media.s3.access_key", !media.s3.access_key.empty());
            rules.needs("media.s3.secret_key", !media.s3.secret_key.empty());
            rules.needs("media.s3.base_url", !media.s3.base_url.empty());
            break;
        case MediaStore::bunny:
            rules.because("media.store", "= \"bunny\"");
            rules.needs("media.bunny.host", !media.bunny.host.empty());
            rules.needs("media.bunny.zone", !media.bunny.zone.empty());
            rules.needs("media.bunny.access_key", !media.bunny.access_key.empty());
            rules.needs("media.bunny.base_url", !media.bunny.base_url.empty());
            if (media.bunny.pull_zone > 0) {
                rules.because("media.bunny.pull_zone", "is set");
                rules.needs("media.bunny.api_key", !media.bunny.api_key.empty());
            }
            break;
    }
    if (!media.is_private) return;
    rules.because("media.private", "= true");
    if (media.store == MediaStore::bunny) {
        rules.needs("media.bunny.token_key", !media.bunny.token_key.empty());
    }
    if (media.store == MediaStore::local) {
        rules.needs("media.url_secret", !media.url_secret.empty());
    }
}

void http_rules(const Http& http, Rules& rules) {
    if (!http.tls_certificate_file.empty()) {
        rules.because("http.tls_certificate_file", "is set");
        rules.needs("http.tls_key_file", !http.tls_key_file.empty());
    }
    if (!http.tls_key_file.empty()) {
        rules.because("http.tls_key_file", "is set");
        rules.needs("http.tls_certificate_file", !http.tls_certificate_file.empty());
    }
}

void channel_rules(const Notify& notify, Rules& rules) {
    if (!notify.email.url.empty()) {
        rules.because("notify.email.url", "is set");
        rules.needs("notify.email.from", !notify.email.from.empty());
    }
    if (!notify.email.username.empty()) {
        rules.because("notify.email.username", "is set");
        rules.needs("notify.email.password", !notify.email.password.empty());
    }
    if (notify.email.unsubscribe_url.contains("{token}")) {
        rules.because("notify.email.unsubscribe_url", "holds {token}");
        rules.needs("notify.email.unsubscribe_secret", !notify.email.unsubscribe_secret.empty());
    }
    if (!notify.webhook.url.empty()) {
        rules.because("notify.webhook.url", "is set");
        rules.needs("notify.webhook.secrets", !notify.webhook.secrets.empty());
    }
}

/// A machine's own service account may be of another project than the messages.
void fcm_rules(const std::string& section, const Fcm& fcm, Rules& rules) {
    const bool file = fcm.credentials == FcmCredentials::file;
    rules.needs(section + ".credentials_file", !file || !fcm.credentials_file.empty());
    rules.needs(section + ".endpoint", !fcm.endpoint.empty());
    if (file) return;
    rules.because(section + ".credentials", "= \"metadata\"");
    rules.needs(section + ".project", !fcm.project.empty());
    rules.needs(section + ".metadata_url", !fcm.metadata_url.empty());
}

void google_rules(const GoogleTranslate& google, Rules& rules) {
    rules.needs("translate.google.url", !google.url.empty());
    rules.needs("translate.google.location", !google.location.empty());
    const bool file = google.credentials == GoogleCredentials::file;
    rules.needs("translate.google.credentials_file", !file || !google.credentials_file.empty());
    if (file) return;
    rules.because("translate.google.credentials", "= \"metadata\"");
    rules.needs("translate.google.project", !google.project.empty());
    rules.needs("translate.google.metadata_url", !google.metadata_url.empty());
}

void translate_rules(const Translate& translate, Rules& rules) {
    for (const std::string& name : translate.providers) {
        rules.because("translate.providers", "holds \"" + name + "\"");
        if (name == "libretranslate") {
            rules.needs("translate.libretranslate.url", !translate.libretranslate.url.empty());
        } else if (name == "deepl") {
            rules.needs("translate.deepl.auth_key", !translate.deepl.auth_key.empty());
        } else if (name == "google") {
            google_rules(translate.google, rules);
        } else if (name == "azure") {
            rules.needs("translate.azure.url", !translate.azure.url.empty());
            rules.needs("translate.azure.key", !translate.azure.key.empty());
        }
    }
}

void jwt_rules(const std::string& section, const AdminJwt& jwt, Rules& rules) {
    rules.because(section, "is there");
    rules.needs(section + ".issuer", !jwt.issuer.empty());
    rules.needs(section + ".audience", !jwt.audience.empty());
    rules.needs(section + ".roles", !jwt.roles.empty());
    if (jwt.public_key_file.empty()) {
        rules.because(section + ".public_key_file", "is not set");
        rules.needs(section + ".jwks_url", !jwt.jwks_url.empty());
    }
}

void commerce_rules(const Settings& settings, Rules& rules) {
    for (const auto& [name, gateway] : settings.payment) {
        rules.because("payment." + name, "is there");
        rules.needs("payment." + name + ".api_key",
                    gateway.country == "dev" || !gateway.api_key.empty());
    }
    for (const auto& [name, stream] : settings.outbox) {
        const std::string section = "outbox." + name;
        if (stream.target == OutboxTarget::deliver) {
            rules.because(section + ".target", "= \"deliver\"");
            rules.needs(section + ".endpoint", !stream.endpoint.empty());
            rules.needs("deliver." + stream.endpoint + ".url",
                        stream.endpoint.empty() || settings.deliver.contains(stream.endpoint));
        }
        if (stream.target == OutboxTarget::projection) {
            rules.because(section + ".target", "= \"projection\"");
            rules.needs(section + ".projection", !stream.projection.empty());
        }
    }
}

}  // namespace

std::vector<Requirement> unmet_requirements(const Settings& settings) {
    Rules rules;
    for (const auto& [name, database] : settings.databases) {
        rules.because("databases." + name, "is there");
        rules.needs("databases." + name + ".url", !database.url.empty());
    }
    http_rules(settings.http, rules);
    media_rules(settings.media, rules);

    if (settings.notify.channel == Channel::fcm) {
        rules.because("notify.channel", "= \"fcm\"");
        fcm_rules("notify.fcm", settings.notify.fcm, rules);
    }
    for (const auto& [name, project] : settings.notify.fcm_projects) {
        rules.because("notify.fcm_projects." + name, "is there");
        fcm_rules("notify.fcm_projects." + name, project, rules);
    }

    for (const auto& [name, jwt] : settings.admin.jwt) {
        jwt_rules("admin.jwt." + name, jwt, rules);
    }
    channel_rules(settings.notify, rules);

    translate_rules(settings.translate, rules);
    for (const auto& [name, endpoint] : settings.deliver) {
        const std::string section = "deliver." + name;
        rules.because(section, "is there");
        rules.needs(section + ".url", !endpoint.url.empty());
        rules.needs(section + ".secrets", !endpoint.secrets.empty());
    }
    commerce_rules(settings, rules);
    return std::move(rules.unmet);
}

}  // namespace barid::config
