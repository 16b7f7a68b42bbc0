#include "translate/deepl.hpp"

#include <fmt/format.h>

#include "base/json.hpp"
#include "translate/answers.hpp"

namespace barid::translate {
namespace {

constexpr std::size_t kMaxRequestBytes = 128UL * 1024UL;

/// What the answers depend on; empty when every option is the default.
std::string version_of(const DeepLOptions& options) {
    std::string version = options.glossary_en_ar;
    if (!options.glossary_ar_en.empty()) version += "|" + options.glossary_ar_en;
    if (options.formality != "default") version += "/" + options.formality;
    if (options.english != "EN-US") version += "/" + options.english;
    return version;
}

}  // namespace

DeepL::DeepL(http::HttpClient& client, DeepLOptions options)
    : client_(client), options_(std::move(options)), version_(version_of(options_)) {
    if (options_.auth_key.empty()) {
        throw Error(Error::Retry::permanent, "DeepL needs an authentication key");
    }
    if (options_.url.empty()) {
        const bool free = options_.auth_key.reveal().ends_with(":fx");
        options_.url = free ? "https://api-free.deepl.com" : "https://api.deepl.com";
    }
    while (options_.url.ends_with('/')) options_.url.pop_back();
}

http::Request DeepL::request(const Batch& batch) const {
    const bool to_arabic = batch.target == Language::ar;
    json::object body;
    body["source_lang"] = batch.source == Language::ar ? "AR" : "EN";
    body["target_lang"] = to_arabic ? "AR" : options_.english;
    body["tag_handling"] = "xml";
    body["ignore_tags"] = json::array{"m"};
    body["split_sentences"] = "nonewlines";
    body["preserve_formatting"] = true;
    const std::string& glossary = to_arabic ? options_.glossary_en_ar : options_.glossary_ar_en;
    if (!glossary.empty()) body["glossary_id"] = glossary;
    if (options_.formality != "default") body["formality"] = options_.formality;
    json::array texts;
    for (const std::string& text : batch.texts) texts.emplace_back(text);
    body["text"] = std::move(texts);

    http::Request request;
    request.method = "POST";
    request.url = options_.url + "/v2/translate";
    request.authorization = Secret("DeepL-Auth-Key " + options_.auth_key.reveal());
    request.headers = {{"Content-Type", "application/json"}, {"Accept", "application/json"}};
    request.body = json::serialize(body);
    request.total_timeout = batch.deadline;
    request.low_speed_time = std::chrono::seconds(0);
    request.max_response_bytes = options_.max_response_bytes;
    return request;
}

awaitable<std::vector<std::string>> DeepL::translate(Batch batch) {
    http::Request sent = request(batch);
    if (sent.body.size() > kMaxRequestBytes) {
        throw ProviderError(ProviderError::Kind::too_large,
                            fmt::format("{}: a request of {} bytes, at most {} are allowed", name_,
                                        sent.body.size(), kMaxRequestBytes));
    }
    const http::Response response = co_await exchange(client_, std::move(sent), name_);
    check_status(response, name_, judge_deepl);
    co_return read_deepl(response.body, batch.texts.size());
}

}  // namespace barid::translate
