#include "translate/libretranslate.hpp"

#include "base/json.hpp"
#include "translate/answers.hpp"

namespace barid::translate {
LibreTranslate::LibreTranslate(http::HttpClient& client, LibreTranslateOptions options)
    : client_(client), options_(std::move(options)) {
    while (options_.url.ends_with('/')) options_.url.pop_back();
    if (!options_.url.starts_with("http://") && !options_.url.starts_with("https://")) {
        throw Error(Error::Retry::permanent,
                    "LibreTranslate's URL must start with http:// or https://");
    }
}

awaitable<std::vector<std::string>> LibreTranslate::translate(Batch batch) {
    json::object body;
    body["source"] = to_string(batch.source);
    body["target"] = to_string(batch.target);
    body["format"] = "text";
    json::array texts;
    for (const std::string& text : batch.texts) texts.emplace_back(text);
    body["q"] = std::move(texts);
    if (!options_.api_key.empty()) body["api_key"] = options_.api_key.reveal();

    http::Request request;
    request.method = "POST";
    request.url = options_.url + "/translate";
    request.headers.push_back({"Content-Type", "application/json"});
    request.headers.push_back({"Accept", "application/json"});
    request.body = json::serialize(body);
    request.total_timeout = batch.deadline;
    request.low_speed_time = std::chrono::seconds(0);  // a model computes in silence
    request.max_response_bytes = options_.max_response_bytes;
    const http::Response response = co_await exchange(client_, std::move(request), name_);
    check_status(response, name_, judge_libretranslate);
    co_return read_libretranslate(response.body, batch.texts.size());
}

}  // namespace barid::translate
