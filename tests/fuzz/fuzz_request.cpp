// Any request head at the worker's own port: judged without reading past it.
#include <cstddef>
#include <cstdint>
#include <string>

#include "admin/http/rules.hpp"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
    barid::web::RequestHead head;
    std::string* field = &head.method;
    for (std::size_t i = 0; i < size; ++i) {
        const char c = static_cast<char>(data[i]);
        if (c == '\n') {
            if (field == &head.method) {
                field = &head.target;
            } else {
                head.headers.emplace_back("Host", "");
                field = i % 2 == 0 ? &head.headers.back().first : &head.headers.back().second;
            }
        } else {
            *field += c;
        }
    }
    (void)barid::web::wants_keep_alive(head);
    (void)barid::web::content_type_of(barid::web::path_of(head.target));
    (void)barid::web::matches_etag(head.target, "\"1-2\"");
    return 0;
}
