// What must hold for any bytes that a translation provider answers: texts as many as were sent, or
// a ProviderError; and an error is told without a word of the body but code words. A broken promise
// aborts; the fuzzer and the test of the kept corpus run the same function.
#pragma once

#include <cstdlib>
#include <string>
#include <string_view>

#include "translate/answers.hpp"

namespace barid::translate::fuzz {

template <class Read>
void texts_or_error(Read read) {
    for (const std::size_t expected : {std::size_t{0}, std::size_t{1}, std::size_t{2}}) {
        try {
            if (read(expected).size() != expected) std::abort();
        } catch (const ProviderError& error) {
            if (error.kind() != ProviderError::Kind::unavailable) std::abort();
        }
    }
}

inline void provider_answer(std::string_view bytes) {
    texts_or_error([&](std::size_t count) { return read_libretranslate(bytes, count); });
    texts_or_error([&](std::size_t count) { return read_deepl(bytes, count); });
    texts_or_error([&](std::size_t count) { return read_azure(bytes, count); });
    for (const bool glossary : {false, true}) {
        texts_or_error([&](std::size_t count) { return read_google(bytes, count, glossary); });
    }
    for (const Classifier classify :
         {judge_libretranslate, judge_deepl, judge_google, judge_azure}) {
        for (const int status : {400, 401, 403, 404, 429, 456, 500, 529}) {
            http::Response response;
            response.status = status;
            response.body = std::string(bytes);
            try {
                check_status(response, "maker", classify);
                std::abort();
            } catch (const ProviderError& error) {
                if (std::string_view(error.what()).size() > 120) std::abort();
            }
        }
    }
}

}  // namespace barid::translate::fuzz
