#include "bench/arena.hpp"

#include <fmt/format.h>
#include <unistd.h>

#include <cstdio>
#include <stdexcept>

#include "bench/client.hpp"
#include "bench/process.hpp"
#include "bench/worker_role.hpp"

namespace barid::bench {

Arena::Database::Database(Arena& arena, const std::string& source)
    : arena_(arena),
      name_(fmt::format("barid_bench_{}_{}", getpid(), ++arena.count_)),
      url_(with_database(arena.url_, name_)) {
    Client(arena_.url_).script(fmt::format(R"(CREATE DATABASE "{}" TEMPLATE "{}")", name_, source));
}

Arena::Database::~Database() {
    arena_.drop(name_);
}

Arena::~Arena() {
    for (const std::string& name : templates_) drop(name);
}

void Arena::drop(const std::string& name) noexcept {
    try {
        Client(url_).script(fmt::format(R"(DROP DATABASE IF EXISTS "{}" WITH (FORCE))", name));
    } catch (const std::exception& e) {
        fmt::print(stderr, "barid_bench: {} stays behind: {}\n", name, e.what());
    }
}

Arena::Database Arena::fresh(const Contender& contender) {
    const std::string source = fmt::format("barid_bench_{}_{}", getpid(), contender.schema);
    if (templates_.insert(source).second) {
        Client(url_).script(fmt::format(R"(CREATE DATABASE "{}" TEMPLATE template0)", source));
        const std::string url = with_database(url_, source);
        if (!contender.template_sql.empty()) {
            Client(url).script(contender.template_sql);
        } else if (contender.migrate.empty()) {
            bench::migrate(url);
        } else {
            std::vector<std::string> command = contender.migrate;
            command.push_back(url);
            if (Process(command).wait() != 0) {
                throw std::runtime_error(contender.name + " could not make its schema");
            }
        }
    }
    return {*this, source};
}

}  // namespace barid::bench
