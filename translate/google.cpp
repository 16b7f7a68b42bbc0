#include "translate/google.hpp"

#include "base/json.hpp"
#include "translate/answers.hpp"

namespace barid::translate {
namespace {

std::string version_of(const GoogleOptions& options) {
    std::string version = options.model;
    if (!options.glossary_en_ar.empty()) version += "/" + options.glossary_en_ar;
    if (!options.glossary_ar_en.empty()) version += "|" + options.glossary_ar_en;
    return version;
}

}  // namespace

Google::Google(http::HttpClient& client, std::unique_ptr<oauth::AccessTokenSource> tokens,
               GoogleOptions options)
    : client_(client),
      tokens_(std::move(tokens)),
      options_(std::move(options)),
      version_(version_of(options_)) {
    while (options_.url.ends_with('/')) options_.url.pop_back();
}

std::string Google::parent() const {
    return "projects/" + tokens_->project_id() + "/locations/" + options_.location;
}

const std::string& Google::glossary(const Batch& batch) const {
    return batch.target == Language::ar ? options_.glossary_en_ar : options_.glossary_ar_en;
}

http::Request Google::request(const Batch& batch, const Secret& token) const {
    json::object body;
    json::array contents;
    for (const std::string& text : batch.texts) contents.emplace_back(text);
    body["contents"] = std::move(contents);
    body["mimeType"] = "text/html";
    body["sourceLanguageCode"] = to_string(batch.source);
    body["targetLanguageCode"] = to_string(batch.target);
    if (!options_.model.empty()) body["model"] = parent() + "/models/" + options_.model;
    if (!glossary(batch).empty()) {
        body["glossaryConfig"] =
            json::object{{"glossary", parent() + "/glossaries/" + glossary(batch)}};
    }
    http::Request request;
    request.method = "POST";
    request.url = options_.url + "/v3/" + parent() + ":translateText";
    request.authorization = Secret("Bearer " + token.reveal());
    request.headers = {{"Content-Type", "application/json; charset=utf-8"},
                       {"Accept", "application/json"}};
    request.body = json::serialize(body);
    request.total_timeout = batch.deadline;
    request.low_speed_time = std::chrono::seconds(0);
    request.max_response_bytes = options_.max_response_bytes;
    return request;
}

awaitable<Secret> Google::token() {
    try {
        co_return co_await tokens_->token();
    } catch (const oauth::TokenError& error) {
        // No text has gone anywhere yet.
        throw ProviderError(error.transient() ? ProviderError::Kind::unavailable
                                              : ProviderError::Kind::unauthorized,
                            name_ + ": " + error.what(), std::nullopt, false, false);
    }
}

awaitable<std::vector<std::string>> Google::translate(Batch batch) {
    http::Response response;
    for (const bool renewed : {false, true}) {
        const Secret bearer = co_await token();
        response = co_await exchange(client_, request(batch, bearer), name_);
        if (response.status != 401 || renewed) break;
        tokens_->reject(bearer);
    }
    check_status(response, name_, judge_google);
    co_return read_google(response.body, batch.texts.size(), !glossary(batch).empty());
}

}  // namespace barid::translate
