#include "media/decode_child.hpp"

#include <malloc.h>
#include <sys/prctl.h>
#include <unistd.h>

#include <cerrno>
#include <csignal>
#include <exception>
#include <optional>
#include <string>

#include "base/log.hpp"
#include "media/error.hpp"
#include "media/pipeline.hpp"
#include "media/sandbox_policy.hpp"
#include "media/vips_runtime.hpp"
#include "media/wire.hpp"

namespace barid::media {
namespace {

/// A blocking stream over two descriptors. An end of the stream between frames is an ordinary
/// way to stop; anywhere else the worker is gone, and so are we.
class Pipe {
  public:
    Pipe(int in, int out) : in_(in), out_(out) {}

    std::optional<std::string> read_frame(std::size_t max) {
        std::string prefix(wire::kLengthBytes, '\0');
        if (!read_all(prefix)) return std::nullopt;
        std::string body(wire::parse_length(prefix, max), '\0');
        if (!read_all(body)) return std::nullopt;
        return body;
    }

    void write_frame(std::string_view body) {
        write_all(wire::length_prefix(body.size()));
        write_all(body);
    }

    void write_answer(const wire::Answer& answer) {
        write_frame(wire::encode(answer));
        const auto* image = std::get_if<ProcessedImage>(&answer);
        if (image == nullptr) return;
        for (const Variant& variant : image->variants) write_all(variant.bytes);
    }

  private:
    bool read_all(std::string& into) {
        std::size_t done = 0;
        while (done < into.size()) {
            const ssize_t n = ::read(in_, into.data() + done, into.size() - done);
            if (n == 0) return false;
            if (n < 0 && errno == EINTR) continue;
            if (n < 0) _exit(1);
            done += static_cast<std::size_t>(n);
        }
        return true;
    }

    void write_all(std::string_view bytes) {
        while (!bytes.empty()) {
            const ssize_t n = ::write(out_, bytes.data(), bytes.size());
            if (n < 0 && errno == EINTR) continue;
            if (n <= 0) _exit(1);
            bytes.remove_prefix(static_cast<std::size_t>(n));
        }
    }

    int in_;
    int out_;
};

wire::Answer answer(std::string_view picture, const wire::Request& request) {
    try {
        return process_image(picture, request.recipe, request.limits);
    } catch (const Error& e) {
        return wire::Failure{.code = e.code(), .message = e.what()};
    } catch (const std::bad_alloc&) {
        return wire::Failure{.code = "out_of_memory",
                             .message = "the picture needs more memory than one may use"};
    }
}

void serve(Pipe& pipe, const wire::Setup& setup) {
    for (std::uint64_t job = 0; job < setup.jobs; ++job) {
        const auto head = pipe.read_frame(wire::kMaxRequestBytes);
        if (!head) return;
        const wire::Request request = wire::decode_request(*head);
        const auto picture = pipe.read_frame(request.limits.max_source_bytes);
        if (!picture) return;
        limit_cpu(setup.cpu_seconds);
        pipe.write_frame(wire::kStarted);
        pipe.write_answer(answer(*picture, request));
        malloc_trim(0);
    }
}

}  // namespace

int decode_child_main(int fd_in, int fd_out) {
    // A worker that is killed takes its children along; one that died before this line has closed
    // the socket, which the first read notices.
    prctl(PR_SET_PDEATHSIG, SIGKILL);
    // The worker alone decides about Ctrl-C and shutdown.
    std::signal(SIGINT, SIG_IGN);
    std::signal(SIGTERM, SIG_IGN);
    std::signal(SIGPIPE, SIG_IGN);
    try {
        Pipe pipe(fd_in, fd_out);
        const auto body = pipe.read_frame(wire::kMaxControlBytes);
        if (!body) return 0;
        const wire::Setup setup = wire::decode_setup(*body);
        start_vips();
        warm_up_vips();
        build_walls({.memory_bytes = setup.memory_bytes,
                     .cpu_seconds = (setup.cpu_seconds + 1) * (setup.jobs + 1)});
        pipe.write_frame(wire::encode_hello({.heic = can_read_heic()}));
        serve(pipe, setup);
    } catch (const std::exception& e) {
        log::Logger().error("decode child gives up", {{"error", e.what()}});
        _exit(1);
    }
    // Not exit(): destructors of libraries would run into the walls.
    _exit(0);
}

}  // namespace barid::media
