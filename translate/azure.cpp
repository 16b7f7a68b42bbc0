#include "translate/azure.hpp"

#include <fmt/format.h>

#include "base/json.hpp"
#include "translate/answers.hpp"

namespace barid::translate {

Azure::Azure(http::HttpClient& client, AzureOptions options)
    : client_(client), options_(std::move(options)) {
    if (options_.key.empty()) {
        throw Error(Error::Retry::permanent, "Azure Translator needs a subscription key");
    }
    while (options_.url.ends_with('/')) options_.url.pop_back();
    // A resource's own host serves all cognitive services, each below a path.
    if (options_.url.ends_with(".cognitiveservices.azure.com")) {
        options_.url += "/translator/text/v3.0";
    }
}

awaitable<std::vector<std::string>> Azure::translate(Batch batch) {
    json::array body;
    for (const std::string& text : batch.texts) body.push_back(json::object{{"Text", text}});

    http::Request request;
    request.method = "POST";
    request.url = fmt::format("{}/translate?api-version=3.0&from={}&to={}&textType=html",
                              options_.url, to_string(batch.source), to_string(batch.target));
    if (!options_.category.empty()) request.url += "&category=" + options_.category;
    request.headers = {{"Content-Type", "application/json; charset=utf-8"},
                       {"Accept", "application/json"},
                       {"Ocp-Apim-Subscription-Key", options_.key.reveal()}};
    if (!options_.region.empty()) {
        request.headers.push_back({"Ocp-Apim-Subscription-Region", options_.region});
    }
    request.body = json::serialize(body);
    request.total_timeout = batch.deadline;
    request.low_speed_time = std::chrono::seconds(0);
    request.max_response_bytes = options_.max_response_bytes;
    const http::Response response = co_await exchange(client_, std::move(request), name_);
    check_status(response, name_, judge_azure);
    co_return read_azure(response.body, batch.texts.size());
}

}  // namespace barid::translate
