// Parses the command line, reads the settings, runs one command, and turns what it threw into a
// message and an exit code (docs/cli.md).
#include <cstdio>
#include <exception>
#include <string_view>

#include "media/decode_child.hpp"
#include "worker/command_line.hpp"
#include "worker/failure.hpp"

int main(int argc, char** argv) {
    if (argc == 2 && std::string_view(argv[1]) == "decode-child") {
        return barid::media::decode_child_main();
    }
    try {
        barid::worker::CommandLine line;
        const int code = line.parse(argc, argv);
        if (code >= 0) return code;
        return line.run();
    } catch (...) {
        const barid::worker::Failure failure = barid::worker::describe(std::current_exception());
        std::fprintf(stderr, "barid: %s\n", failure.message.c_str());
        if (!failure.advice.empty()) std::fprintf(stderr, "  %s\n", failure.advice.c_str());
        return static_cast<int>(failure.code);
    }
}
