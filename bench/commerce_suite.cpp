#include "bench/commerce_suite.hpp"

#include <algorithm>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <utility>
#include <vector>

#include "bench/client.hpp"

namespace barid::bench {

void CommerceBench::install_shop(const std::string& url) {
    std::vector<std::filesystem::path> files;
    for (const auto& entry : std::filesystem::directory_iterator(BARID_BENCH_SHOP)) {
        const auto& path = entry.path();
        // 05_seed.sql is the demo's.
        const std::string name = path.filename();
        if (path.extension() == ".sql" && !name.ends_with("_seed.sql")) files.push_back(path);
    }
    std::ranges::sort(files);
    Client client(url);
    for (const auto& path : files) {
        std::ifstream in(path);
        client.script({std::istreambuf_iterator<char>(in), {}});
    }
}

void run_commerce_suite(const CommerceOptions& options) {
    Arena arena(options.url);
    CommerceBench bench{.options = options, .arena = arena, .barid = barid_contender(true, 50)};
    const std::pair<const char*, void (*)(CommerceBench&)> cases[] = {
        {"relay", bench_relay},
        {"rebuild", bench_rebuild},
        {"reconcile", bench_reconcile},
        {"expire", bench_expire},
    };
    for (const auto& [name, run] : cases) {
        if (options.only.empty() || std::string(name).find(options.only) != std::string::npos) {
            run(bench);
        }
    }
}

}  // namespace barid::bench
