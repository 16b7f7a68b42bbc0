// What an operator can set, as one typed value. The defaults stand here and nowhere else.
//
// Each member is one key of the TOML file (`[section] key`) and one variable
// (`BARID_SECTION_KEY`); `keys.cpp` declares its range, `barid.example.toml` explains it. Adding
// a key means: a member here, a line in `keys.cpp`, an entry in the example (a test insists).
// Folders that must not know `config` (media, notify, translate) have options of their own; the
// worker maps these onto them. A plain value: build it before threads start, then share it const.
#pragma once

#include <chrono>
#include <cstdint>
#include <map>
#include <string>
#include <vector>

#include "base/log.hpp"
#include "base/secret.hpp"
#include "config/shop_settings.hpp"

namespace barid::config {

/// A TCP address to listen on; an empty `address` means "don't listen".
struct Bind {
    std::string address;
    std::uint16_t port = 0;  ///< 0: the system picks a free one
    friend bool operator==(const Bind&, const Bind&) = default;
};

struct Database {
    std::string name;  ///< of one among several, for logs
    Secret url;        ///< a libpq URI or keyword string, given to libpq as it is
    std::string schema = "barid";
    int pool_size = 10;
    int call_pool_size = 4;  ///< for sql.call, whose functions hold a connection while they run
    Duration connect_timeout = std::chrono::seconds(5);  ///< for each address tried
    Duration statement_timeout = std::chrono::seconds(30);
};

enum class Wakeup {
    listen,  ///< LISTEN on a session of its own, polling as the safety net
    poll,    ///< polling only: behind a transaction-pooling PgBouncer
};

struct Worker {
    std::string name;                               ///< empty: host name and process id
    std::vector<std::string> queues = {"default"};  ///< "*" alone: every queue
    int concurrency = 50;
    Duration shutdown_grace = std::chrono::seconds(30);
    Duration lease_ttl = std::chrono::seconds(8);
    Wakeup wakeup = Wakeup::listen;
    Duration poll_interval = std::chrono::seconds(2);
};

struct Log {
    log::Level level = log::Level::info;
    log::Format format = log::Format::automatic;
};

enum class ForwardedBy { x_forwarded, forwarded };

struct Http {
    Bind bind = {"127.0.0.1", 8787};
    int max_connections = 10'000;
    int max_connections_per_address = 1'000;
    std::string tls_certificate_file;
    std::string tls_key_file;
    std::vector<std::string> trusted_proxies;  ///< CIDRs
    ForwardedBy forwarded_by = ForwardedBy::x_forwarded;
};

enum class MediaStore { local, s3, bunny };

struct MediaLocal {
    std::string directory = "/var/lib/barid/media";
    std::string base_url = "http://127.0.0.1:8787/media";
};

struct MediaS3 {
    std::string endpoint;
    std::string region = "auto";
    std::string bucket;
    Secret access_key;
    Secret secret_key;
    Secret session_token;
    bool path_style = true;
    bool conditional_put = true;
    std::string base_url;
};

struct MediaBunny {
    std::string host = "https://storage.bunnycdn.com";
    std::string region;  ///< names the host instead: "ny"
    std::string zone;
    Secret access_key;
    std::string base_url;
    std::string api_url = "https://api.bunny.net";
    Secret api_key;              ///< the account's; empty: nothing is purged
    std::int64_t pull_zone = 0;  ///< its number; 0: purged by address only
    Secret token_key;            ///< signs the addresses of a private pull zone
};

/// One [media.recipes.NAME]. Empty texts and lists, 0 and -1: as the base says.
struct MediaRecipe {
    std::string base;  ///< a preset; empty: the one called NAME, or else "default"
    std::vector<int> widths;
    std::vector<std::string> formats;
    int webp_quality = 0;
    int webp_effort = -1;
    int avif_quality = 0;
    int avif_effort = -1;
    int jpeg_quality = 0;
    std::string fit;
    std::string aspect;
    int height = 0;
    std::string focus;
    std::string background;
    bool sharpen = false;
    bool trim = false;
    std::string animation;
    std::string watermark;  ///< a file
    std::string watermark_position;
    int watermark_size = 0;
    int watermark_opacity = 0;
};

struct Media {
    MediaStore store = MediaStore::local;
    std::vector<std::string> allowed_roots;  ///< directories that payloads may read from
    std::vector<std::string> allowed_hosts;  ///< hosts that may resolve to private addresses
    std::uint64_t max_source_bytes = std::uint64_t{32} << 20;
    int sandbox_children = 0;  ///< 0: one for each core
    std::int64_t max_streaming_pixels = 50'000'000;
    std::int64_t max_buffered_pixels = 25'000'000;    ///< progressive, interlaced, GIF, AVIF, HEIC
    std::int64_t max_animation_pixels = 250'000'000;  ///< all frames
    std::vector<int> widths = {160, 320, 640, 1080, 1600};
    std::vector<std::string> formats = {"webp", "avif", "jpeg"};
    int upload_concurrency = 6;                   ///< files of one picture
    Duration grace = std::chrono::hours(7 * 24);  ///< before files that nothing shows are removed
    bool improve_avif = false;
    int improve_effort = 4;
    bool is_private = false;  ///< files are read by signed addresses only
    Secret url_secret;        ///< signs those of the local store
    Duration url_ttl = std::chrono::hours(1);
    std::map<std::string, MediaRecipe> recipes;  ///< by name
    MediaLocal local;
    MediaS3 s3;
    MediaBunny bunny;
};

enum class Channel {
    dev,  ///< records what a phone would show; reaches nobody
    fcm,
};

enum class FcmCredentials {
    file,      ///< a service account's key
    metadata,  ///< the service account of the Google Cloud machine that this runs on
};

/// [notify.fcm], and each [notify.fcm_projects.NAME].
enum class FcmTransport {
    http2,  ///< Barid's own client: a twentieth of the CPU, and it knows what was not looked at
    libcurl,
};

struct Fcm {
    FcmTransport client = FcmTransport::http2;
    std::string project;  ///< empty: the credentials' own
    FcmCredentials credentials = FcmCredentials::file;
    std::string credentials_file;
    std::string metadata_url = "http://metadata.google.internal";
    std::string endpoint = "https://fcm.googleapis.com";
    std::string iid_endpoint = "https://iid.googleapis.com";
    std::string token_uri;  ///< empty: the credentials' own
    int connections = 4;
};

enum class NotifyDigits {
    latin,   ///< 0123456789
    native,  ///< those of the reader's language
};

/// E-mails go out when `url` is set.
struct Email {
    std::string url;  ///< smtp://host:587 or smtps://host:465
    std::string username;
    Secret password;
    std::string from;  ///< an address, or "Name <address>"
    std::string reply_to;
    std::string envelope_from;  ///< where bounces go; empty: `from`
    std::string unsubscribe_url;
    Secret unsubscribe_secret;
    bool require_tls = true;
    std::string ca_file;
    int concurrency = 4;
    Duration timeout = std::chrono::seconds(60);
};

/// Notifications are posted to the shop when `url` is set.
struct NotifyWebhook {
    std::string url;
    std::vector<Secret> secrets;  ///< "whsec_…"; all of them sign
    int concurrency = 10;
    Duration timeout = std::chrono::seconds(15);
    bool allow_private = false;
};

struct Notify {
    Channel channel = Channel::dev;
    std::string locale = "en";  ///< for who reads no language that a text has
    NotifyDigits digits = NotifyDigits::latin;
    Fcm fcm;                                  ///< of devices whose project is "default"
    std::map<std::string, Fcm> fcm_projects;  ///< of the others, by `device.project`
    int quota_per_minute = 600'000;  ///< messages of one project, in the whole fleet; 0: no limit
    Duration ramp = std::chrono::seconds(60);
    Email email;
    NotifyWebhook webhook;
};

/// What an operator agreed on with a provider, or wants to spend there.
struct TranslateTerms {
    std::int64_t daily_characters = 0;    ///< 0: no limit
    std::string price_per_million = "0";  ///< characters; a decimal number
};

struct LibreTranslate {
    std::string url;
    Secret api_key;
    std::string model_version;
    int batch_texts = 25;
    int batch_characters = 20'000;
    TranslateTerms terms;
};

enum class DeepLFormality { standard, prefer_more, prefer_less };
enum class English { american, british };

struct DeepL {
    std::string url;  ///< empty: the address of the key's plan
    Secret auth_key;
    std::string glossary_en_ar;
    std::string glossary_ar_en;
    DeepLFormality formality = DeepLFormality::standard;
    English english = English::american;
    TranslateTerms terms;
};

enum class GoogleCredentials {
    file,      ///< a service account's key
    metadata,  ///< the service account of the Google Cloud machine that this runs on
};

struct GoogleTranslate {
    std::string url = "https://translation.googleapis.com";
    GoogleCredentials credentials = GoogleCredentials::file;
    std::string credentials_file;
    std::string metadata_url = "http://metadata.google.internal";
    std::string token_uri;  ///< empty: the credentials' own
    std::string project;    ///< empty: the credentials' own
    std::string location = "global";
    std::string model;
    std::string glossary_en_ar;
    std::string glossary_ar_en;
    TranslateTerms terms;
};

struct AzureTranslate {
    std::string url = "https://api.cognitive.microsofttranslator.com";
    Secret key;
    std::string region;
    std::string category;
    TranslateTerms terms;
};

enum class TranslateDigits { keep, latin, arabic_indic };
enum class TranslateQuotes { keep, guillemets };
enum class SignPlace { keep, before, after };

struct Translate {
    std::vector<std::string> providers;  ///< asked in this order; empty: the review queue only
    bool attributes = true;              ///< colours, sizes, amounts: without a provider
    TranslateDigits digits = TranslateDigits::keep;
    TranslateQuotes quotes = TranslateQuotes::guillemets;
    SignPlace percent = SignPlace::keep;
    SignPlace currency = SignPlace::keep;
    std::int64_t daily_characters = 0;  ///< of all providers together; 0: no limit
    LibreTranslate libretranslate;
    DeepL deepl;
    GoogleTranslate google;
    AzureTranslate azure;
};

/// Where spans go; an empty endpoint: nowhere.
struct Trace {
    std::string endpoint;         ///< OTLP over HTTP, without /v1/traces
    std::vector<Secret> headers;  ///< "Name: value"
    std::string service_name = "barid";
    std::string sample_ratio = "1";  ///< of the traces that begin here; a number from 0 to 1
};

/// Where `http.deliver` may post to; [deliver.NAME].
struct DeliverEndpoint {
    std::string url = {};
    std::vector<Secret> secrets = {};  ///< "whsec_…"; all of them sign
    std::vector<Secret> headers = {};  ///< "Name: value"
    Duration timeout = std::chrono::seconds(15);
    int concurrency = 10;
    bool allow_private = false;
    std::vector<Secret> qstash_signing_keys = {};  ///< the first signs; empty: no Upstash headers
};

/// One [admin.jwt.NAME]: whose JWTs are taken, and which of their claims are which roles here.
struct AdminJwt {
    std::string issuer = {};
    std::vector<std::string> audience = {};
    std::string jwks_url = {};         ///< this, or
    std::string public_key_file = {};  ///< that
    std::vector<std::string> algorithms = {"RS256", "ES256", "EdDSA"};
    std::string roles_claim = "/roles";   ///< JSON pointer
    std::vector<std::string> roles = {};  ///< "theirs=ours"
    std::string name_claim = "/email";    ///< JSON pointer
};

/// The admin's API and dashboard, on the port of [http].
struct Admin {
    bool enabled = false;  ///< in `barid work`; `barid admin` always serves them
    int connections = 4;
    Duration statement_timeout = std::chrono::seconds(5);
    int rate_limit = 50;   ///< requests a second of one caller
    int rate_burst = 200;  ///< and at once
    Duration session_idle = std::chrono::hours(12);
    Duration session_lifetime = std::chrono::hours(7 * 24);
    std::map<std::string, AdminJwt> jwt;  ///< by name
};

struct Settings {
    Database database;  ///< the only one, or the one that was chosen
    /// Several, by name; then `database` is nobody's until one is chosen.
    std::map<std::string, Database> databases;
    Worker worker;
    Log log;
    Http http;
    Admin admin;
    Media media;
    Notify notify;
    Translate translate;
    Trace trace;
    std::map<std::string, DeliverEndpoint> deliver;  ///< by name
    Shop shop;
    std::map<std::string, PaymentGateway> payment;  ///< by name
    std::map<std::string, Outbox> outbox;           ///< by name
    std::map<std::string, Projection> projection;   ///< by name

    /// Where each key that is not at its default came from: "barid.toml:12", "BARID_LOG_LEVEL".
    std::map<std::string, std::string> origins;
};

}  // namespace barid::config
