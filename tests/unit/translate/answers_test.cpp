// What each service says when something is wrong, as its documentation has it.
#include "translate/answers.hpp"

#include <gtest/gtest.h>

namespace barid::translate {
namespace {

using Kind = ProviderError::Kind;

http::Response response(int status, std::string body) {
    http::Response out;
    out.status = status;
    out.body = std::move(body);
    return out;
}

Kind kind_of(Classifier classify, int status, const std::string& body) {
    try {
        check_status(response(status, body), "maker", classify);
    } catch (const ProviderError& error) {
        EXPECT_EQ(std::string(error.what()).find("قميص"), std::string::npos) << error.what();
        return error.kind();
    }
    ADD_FAILURE() << "no error for " << status;
    return Kind::refused;
}

std::string google_error(int code, const std::string& status, const std::string& message) {
    return R"({"error": {"code": )" + std::to_string(code) + R"(, "status": ")" + status +
           R"(", "message": ")" + message + R"(", "details": []}})";
}

TEST(GoogleAnswers, TellAQuotaFromARefusedKey) {
    const struct {
        int code;
        const char* status;
        const char* message;
        Kind kind;
    } table[] = {
        {403, "PERMISSION_DENIED", "Daily Limit Exceeded", Kind::quota},
        {403, "PERMISSION_DENIED", "User Rate Limit Exceeded", Kind::rate_limited},
        {403, "PERMISSION_DENIED", "Cloud Translation API has not been used in project 1 before",
         Kind::unauthorized},
        {403, "PERMISSION_DENIED", "The caller does not have permission", Kind::unauthorized},
        {429, "RESOURCE_EXHAUSTED",
         "Quota exceeded for quota metric 'v3 Content' and limit 'per minute'", Kind::rate_limited},
        {429, "RESOURCE_EXHAUSTED", "Quota exceeded: characters per day", Kind::quota},
        {400, "INVALID_ARGUMENT", "Text is too long.", Kind::too_large},
        {400, "INVALID_ARGUMENT", "Invalid glossary name.", Kind::misconfigured},
        {400, "INVALID_ARGUMENT", "Bad value: قميص", Kind::refused},
        {404, "NOT_FOUND", "Glossary not found.", Kind::misconfigured},
        {401, "UNAUTHENTICATED", "Request had invalid credentials.", Kind::unauthorized},
        {503, "UNAVAILABLE", "The service is currently unavailable.", Kind::unavailable},
    };
    for (const auto& one : table) {
        EXPECT_EQ(kind_of(judge_google, one.code, google_error(one.code, one.status, one.message)),
                  one.kind)
            << one.message;
    }
    EXPECT_EQ(kind_of(judge_google, 502, "<html>قميص</html>"), Kind::unavailable);
}

TEST(AzureAnswers, GoByTheirSixDigits) {
    const struct {
        int status;
        int code;
        Kind kind;
    } table[] = {{401, 401000, Kind::unauthorized},  {401, 401015, Kind::unauthorized},
                 {403, 403000, Kind::unauthorized},  {403, 403001, Kind::quota},
                 {400, 400036, Kind::misconfigured}, {400, 400050, Kind::too_large},
                 {400, 400077, Kind::too_large},     {400, 400003, Kind::refused},
                 {429, 429000, Kind::rate_limited},  {429, 429001, Kind::rate_limited},
                 {429, 429002, Kind::rate_limited},  {408, 408002, Kind::unavailable},
                 {500, 500000, Kind::unavailable},   {503, 503000, Kind::unavailable}};
    for (const auto& one : table) {
        const std::string body =
            R"({"error":{"code":)" + std::to_string(one.code) + R"(,"message":"قميص"}})";
        EXPECT_EQ(kind_of(judge_azure, one.status, body), one.kind) << one.code;
    }
    EXPECT_EQ(kind_of(judge_azure, 400, R"({"error":{"code":"x"}})"), Kind::refused);
    EXPECT_EQ(kind_of(judge_azure, 400, R"({"error":{"code":99999999999}})"), Kind::refused);
}

TEST(DeepLAnswers, KnowAUsedUpPlanAndABadGlossary) {
    EXPECT_EQ(kind_of(judge_deepl, 456, R"({"message":"Quota exceeded"})"), Kind::quota);
    EXPECT_EQ(kind_of(judge_deepl, 529, ""), Kind::rate_limited);
    EXPECT_EQ(kind_of(judge_deepl, 413, ""), Kind::too_large);
    EXPECT_EQ(kind_of(judge_deepl, 400, R"({"message":"Value for 'target_lang' not supported."})"),
              Kind::misconfigured);
    EXPECT_EQ(kind_of(judge_deepl, 400, R"({"message":"Tag handling parsing failed: قميص"})"),
              Kind::refused);
}

TEST(LibreTranslateAnswers, SayABanAMissingKeyAndALimitInWords) {
    const struct {
        int status;
        const char* message;
        Kind kind;
    } table[] = {
        {403, "Too many request limits violations", Kind::rate_limited},
        {403, "Invalid API key", Kind::unauthorized},
        {400, "Please contact the server operator to get an API key", Kind::unauthorized},
        {400, "Invalid request: request (9000) exceeds text limit (2000)", Kind::too_large},
        {400, "ar is not supported", Kind::misconfigured},
        {400, "Invalid request: missing q parameter", Kind::refused},
        {429, "Slowdown: 80 per 1 minute", Kind::rate_limited},
        {500, "Cannot translate text: قميص", Kind::unavailable},
    };
    for (const auto& one : table) {
        EXPECT_EQ(kind_of(judge_libretranslate, one.status,
                          R"({"error": ")" + std::string(one.message) + "\"}"),
                  one.kind)
            << one.message;
    }
}

TEST(Answers, HaveOneTextForEachThatWasSent) {
    EXPECT_EQ(
        read_google(R"({"translations":[{"translatedText":"قميص","model":"nmt"}]})", 1, false),
        Texts{"قميص"});
    EXPECT_EQ(read_google(R"({"translations":[{"translatedText":"a"}],)"
                          R"("glossaryTranslations":[{"translatedText":"b"}]})",
                          1, true),
              Texts{"b"})
        << "the glossary's answer counts where one was asked for";
    EXPECT_EQ(read_azure(R"([{"translations":[{"text":"قميص","to":"ar"}]}])", 1), Texts{"قميص"});
    for (const char* body : {"", "[]", "{}", "null", "[{}]", R"([{"translations":[]}])",
                             R"([{"translations":[{"text":1}]}])", R"({"translations":{}})",
                             R"({"translations":[{"translatedText":null}]})", "\xFF\xFE"}) {
        EXPECT_THROW(read_google(body, 1, false), ProviderError) << body;
        EXPECT_THROW(read_azure(body, 1), ProviderError) << body;
        EXPECT_THROW(read_deepl(body, 1), ProviderError) << body;
        EXPECT_THROW(read_libretranslate(body, 1), ProviderError) << body;
    }
}

}  // namespace
}  // namespace barid::translate
