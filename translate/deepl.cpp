#include "translate/deepl.hpp"

#include <fmt/format.h>

#include "base/json.hpp"

namespace barid::translate {
namespace {

constexpr std::size_t kMaxRequestBytes = 128UL * 1024UL;
constexpr int kQuotaExceeded = 456;

std::vector<std::string> read_answer(const std::string& provider, const http::Response& response,
                                     std::size_t expected) {
    json::value root;
    try {
        root = parse_json(response.body);
    } catch (const Error& error) {
        throw_bad_answer(provider, error.what());
    }
    const json::object* object = root.if_object();
    const json::value* items = object == nullptr ? nullptr : object->if_contains("translations");
    const json::array* list = items == nullptr ? nullptr : items->if_array();
    if (list == nullptr || list->size() != expected) {
        throw_bad_answer(provider, fmt::format("translations must list {} items", expected));
    }
    std::vector<std::string> out;
    out.reserve(expected);
    for (const json::value& item : *list) {
        const json::string* text = find_string(item, "/text");
        if (text == nullptr) throw_bad_answer(provider, "a translation has no text");
        out.emplace_back(*text);
    }
    return out;
}

}  // namespace

DeepL::DeepL(http::HttpClient& client, DeepLOptions options)
    : client_(client), options_(std::move(options)) {
    if (options_.auth_key.empty()) {
        throw Error(Error::Retry::permanent, "DeepL needs an authentication key");
    }
    if (options_.url.empty()) {
        const bool free = options_.auth_key.reveal().ends_with(":fx");
        options_.url = free ? "https://api-free.deepl.com" : "https://api.deepl.com";
    }
    while (options_.url.ends_with('/')) options_.url.pop_back();
    version_ = options_.glossary_id + (options_.formality.empty() ? "" : "/" + options_.formality);
}

awaitable<std::vector<std::string>> DeepL::translate(Batch batch) {
    json::object body;
    body["source_lang"] = batch.source == Language::ar ? "AR" : "EN";
    body["target_lang"] = batch.target == Language::ar ? "AR" : "EN-US";
    body["tag_handling"] = "xml";
    body["ignore_tags"] = json::array{"m"};
    body["split_sentences"] = "nonewlines";
    body["preserve_formatting"] = true;
    if (!options_.glossary_id.empty()) body["glossary_id"] = options_.glossary_id;
    if (!options_.formality.empty()) body["formality"] = options_.formality;
    json::array texts;
    for (const std::string& text : batch.texts) texts.emplace_back(text);
    body["text"] = std::move(texts);

    http::Request request;
    request.method = "POST";
    request.url = options_.url + "/v2/translate";
    request.authorization = Secret("DeepL-Auth-Key " + options_.auth_key.reveal());
    request.headers.push_back({"Content-Type", "application/json"});
    request.headers.push_back({"Accept", "application/json"});
    request.body = json::serialize(body);
    request.total_timeout = batch.deadline;
    request.low_speed_time = std::chrono::seconds(0);
    request.max_response_bytes = options_.max_response_bytes;
    if (request.body.size() > kMaxRequestBytes) {
        throw ProviderError(ProviderError::Kind::too_large,
                            fmt::format("{}: a request of {} bytes, at most {} are allowed", name_,
                                        request.body.size(), kMaxRequestBytes));
    }
    const http::Response response =
        co_await exchange(client_, std::move(request), name_, kQuotaExceeded);
    co_return read_answer(name_, response, batch.texts.size());
}

}  // namespace barid::translate
