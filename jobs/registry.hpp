// From a job's kind to its handler, with typed payloads.
//
//     registry.add<SendPayload>({.kind = "notify.send"}, parse_send_payload,
//                               [&](JobContext& ctx, SendPayload p) { return send(ctx, p); });
//
// The parser gets a JsonReader and must not throw for bad input: it notes violations; `run` then
// fails the job at once with all of them (PayloadError, permanent). Filled before the worker
// starts, read-only after.
#pragma once

#include <functional>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/asio.hpp"
#include "base/json_reader.hpp"
#include "jobs/context.hpp"
#include "queue/job.hpp"
#include "queue/retry_policy.hpp"

namespace barid::jobs {

struct KindOptions {
    std::string kind;
    std::chrono::milliseconds timeout{std::chrono::minutes(5)};
    queue::RetryPolicy retry = {};
};

class Registry {
  public:
    using RawHandler =
        std::function<awaitable<queue::Outcome>(JobContext&, const json::value& payload)>;
    struct Kind {
        KindOptions options;
        RawHandler run;
    };

    /// Throws a permanent Error when the kind is registered already.
    void add_raw(KindOptions options, RawHandler run);

    template <class Payload>
    void add(KindOptions options, std::function<Payload(JsonReader&)> parse,
             std::function<awaitable<queue::Outcome>(JobContext&, Payload)> run) {
        add_raw(std::move(options),
                [parse = std::move(parse), run = std::move(run)](
                    JobContext& context, const json::value& payload) -> awaitable<queue::Outcome> {
                    JsonReader in(payload);
                    in.optional_object("schedule");  // of the schedule that added the job
                    Payload typed = parse(in);
                    in.finish();
                    co_return co_await run(context, std::move(typed));
                });
    }

    /// nullptr for an unknown kind.
    [[nodiscard]] const Kind* find(std::string_view kind) const;
    [[nodiscard]] std::vector<std::string> kinds() const;

  private:
    std::map<std::string, Kind, std::less<>> kinds_;
};

}  // namespace barid::jobs
