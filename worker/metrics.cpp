#include "worker/metrics.hpp"

#include <sys/resource.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <fstream>

#include "worker/meter_metrics.hpp"
#include "worker/metric_families.hpp"
#include "worker/tracing.hpp"
#include "worker/version.hpp"

namespace barid::worker {
namespace {

/// In the order of queue::Action.
constexpr std::array<const char*, 5> kOutcomes{"completed", "failed", "cancelled", "retried",
                                               "given_back"};

double resident_bytes() {
    std::ifstream statm("/proc/self/statm");
    double size = 0;
    double resident = 0;
    statm >> size >> resident;
    return resident * static_cast<double>(::sysconf(_SC_PAGESIZE));
}

double cpu_seconds() {
    rusage usage{};
    ::getrusage(RUSAGE_SELF, &usage);
    const auto seconds = [](const timeval& t) {
        return static_cast<double>(t.tv_sec) + static_cast<double>(t.tv_usec) / 1e6;
    };
    return seconds(usage.ru_utime) + seconds(usage.ru_stime);
}

void add_program(Families& out) {
    using enum MetricType;
    out.family("barid_build_info", "The program that answers; always 1.", Gauge);
    out.value(1, {{"version", std::string(kVersion)}});
    out.single("process_resident_memory_bytes", "Resident memory.", Gauge, resident_bytes());
    out.single("process_cpu_seconds_total", "User and system time.", Counter, cpu_seconds());
}

void add_process(Families& out, const ProcessSample& process) {
    using enum MetricType;
    out.single("barid_lease_alive", "1 while this worker may run jobs.", Gauge,
               process.lease_alive ? 1 : 0);
    out.single("barid_jobs_running", "Handlers that run in this process.", Gauge, process.running);
    out.single("barid_jobs_buffered", "Claimed jobs that wait for a free slot.", Gauge,
               process.buffered);
    out.single("barid_settle_pending", "Outcomes that are not written yet.", Gauge,
               process.settle_pending);
    out.single("barid_jobs_claimed_total", "Jobs that this process claimed.", Counter,
               process.claimed);
    out.single("barid_jobs_settled_total", "Outcomes that this process wrote.", Counter,
               process.settled);
    out.single("barid_claim_duration_seconds", "How long claims take.", MetricType::Histogram,
               process.claims);
    out.single("barid_settle_duration_seconds", "How long a batch of outcomes takes to be written.",
               MetricType::Histogram, process.settles);
    out.family("barid_jobs_finished_total", "Attempts that ended, by kind and outcome.", Counter);
    for (const auto& kind : process.kinds) {
        for (std::size_t i = 0; i < kOutcomes.size(); ++i) {
            out.value(static_cast<double>(kind.meter.outcomes[i]),
                      {{"kind", kind.name}, {"outcome", kOutcomes[i]}});
        }
    }
    out.family("barid_job_duration_seconds", "How long handlers run, by kind.",
               MetricType::Histogram);
    for (const auto& kind : process.kinds) out.value(kind.meter.duration, {{"kind", kind.name}});
}

void add_queues(Families& out, const std::vector<QueueSample>& queues) {
    using enum MetricType;
    out.family("barid_queue_jobs", "Jobs by queue and state; counted up to barid_queue_counted_to.",
               Gauge);
    for (const QueueSample& queue : queues) {
        out.value(static_cast<double>(queue.due), {{"queue", queue.name}, {"state", "due"}});
        out.value(static_cast<double>(queue.later), {{"queue", queue.name}, {"state", "later"}});
        out.value(static_cast<double>(queue.parked), {{"queue", queue.name}, {"state", "parked"}});
        out.value(static_cast<double>(queue.running),
                  {{"queue", queue.name}, {"state", "running"}});
    }
    out.family("barid_queue_parked_jobs", "Parked jobs by queue and what they wait for.", Gauge);
    for (const QueueSample& queue : queues) {
        for (const auto& [reason, count] : queue.parked_by) {
            out.value(static_cast<double>(count), {{"queue", queue.name}, {"reason", reason}});
        }
    }
    out.family("barid_queue_oldest_due_seconds", "How long the oldest due job has waited.", Gauge);
    for (const QueueSample& queue : queues) {
        out.value(queue.oldest_due_seconds, {{"queue", queue.name}});
    }
    out.family("barid_queue_paused", "1 while the queue is paused.", Gauge);
    for (const QueueSample& queue : queues) {
        out.value(queue.paused ? 1 : 0, {{"queue", queue.name}});
    }
    out.family("barid_dead_letters", "Jobs that lie in a dead-letter queue.", Gauge);
    for (const QueueSample& queue : queues) {
        if (!queue.dead_letters) continue;
        out.value(static_cast<double>(queue.due + queue.later + queue.parked + queue.running),
                  {{"queue", queue.name}});
    }
    if (queues.empty()) return;
    out.single("barid_queue_counted_to", "A count that reaches it means that many or more.", Gauge,
               queues.front().counted_to);
}

void add_providers(Families& out, const std::vector<ProviderSample>& providers) {
    using enum MetricType;
    const auto today = [&](const char* name, const char* help, auto member) {
        out.family(name, help, Gauge);
        for (const ProviderSample& one : providers) {
            out.value(static_cast<double>(one.*member), {{"provider", one.name}});
        }
    };
    today("barid_translation_requests_today", "Requests to a translation provider today (UTC).",
          &ProviderSample::requests);
    today("barid_translation_texts_today", "Texts that it was given.", &ProviderSample::texts);
    today("barid_translation_characters_today", "Characters that it was given.",
          &ProviderSample::characters);
    today("barid_translation_errors_today", "Requests that failed there.", &ProviderSample::errors);
    out.family("barid_translation_cost_today", "Its estimated cost, in the currency of the price.",
               Gauge);
    for (const ProviderSample& one : providers) out.value(one.cost, {{"provider", one.name}});
    out.family("barid_translation_paused", "1 while the whole fleet leaves the provider alone.",
               Gauge);
    for (const ProviderSample& one : providers) {
        out.value(one.paused ? 1 : 0, {{"provider", one.name}});
    }
}

void add_streams(Families& out, const std::vector<StreamSample>& streams) {
    using enum MetricType;
    const auto each = [&](const char* name, const char* help, auto member) {
        out.family(name, help, Gauge);
        for (const StreamSample& one : streams) {
            out.value(static_cast<double>(one.*member), {{"stream", one.name}});
        }
    };
    each("barid_outbox_pending",
         "Events that wait in a stream of the outbox; 10000 is that or more.",
         &StreamSample::pending);
    each("barid_outbox_oldest_seconds", "Age of the oldest of them.",
         &StreamSample::oldest_seconds);
    each("barid_outbox_blocked", "Aggregates that stand still for an event nobody decided on.",
         &StreamSample::blocked);
}

void add_payments(Families& out, const DatabaseSample& sample) {
    using enum MetricType;
    const auto each = [&](const char* name, const char* help, auto member) {
        out.family(name, help, Gauge);
        for (const GatewaySample& one : sample.gateways) {
            out.value(static_cast<double>(one.*member), {{"gateway", one.name}});
        }
    };
    each("barid_payment_gateway_paused",
         "1 while nobody asks the gateway, which doesn't take the key.", &GatewaySample::paused);
    each("barid_payment_unknown_attempts", "Attempts to pay whose fate nobody knows.",
         &GatewaySample::unknown_attempts);
    each("barid_payment_open_refunds", "Refunds that aren't at their end.",
         &GatewaySample::open_refunds);
    out.family("barid_payment_held", "Orders whose payment isn't what was asked for.", Gauge);
    out.value(static_cast<double>(sample.payments_held), {});
}

/// The queues with the most jobs by name; what a producer's names would make without end is one.
std::vector<QueueSample> bounded(std::vector<QueueSample> queues) {
    constexpr std::size_t kMaxQueues = 200;
    if (queues.size() <= kMaxQueues) return queues;
    std::ranges::sort(queues, std::ranges::greater(), [](const QueueSample& q) {
        return std::pair(q.due + q.later + q.running + q.parked, q.name);
    });
    QueueSample others{.name = "(others)", .counted_to = queues.front().counted_to};
    for (std::size_t i = kMaxQueues; i < queues.size(); ++i) {
        others.due += queues[i].due;
        others.later += queues[i].later;
        others.running += queues[i].running;
        others.parked += queues[i].parked;
        others.oldest_due_seconds =
            std::max(others.oldest_due_seconds, queues[i].oldest_due_seconds);
    }
    queues.resize(kMaxQueues);
    queues.push_back(std::move(others));
    return queues;
}

void add_database(Families& out, const DatabaseSample& database) {
    using enum MetricType;
    add_queues(out, bounded(database.queues));
    add_providers(out, database.providers);
    add_streams(out, database.streams);
    add_payments(out, database);
    out.single("barid_workers", "Worker processes with a lease.", Gauge, database.workers);
    out.single("barid_ordering_keys_blocked", "Ordering keys that a final failure blocks.", Gauge,
               database.blocked_keys);
    out.single("barid_job_live_rows", "Rows of barid.job, as the statistics have it.", Gauge,
               database.live_rows);
    out.single("barid_job_dead_rows", "Dead rows of barid.job that wait for VACUUM.", Gauge,
               database.dead_rows);
    out.single("barid_oldest_transaction_seconds", "Age of the oldest transaction that is seen.",
               Gauge, database.oldest_transaction_seconds);
    out.single("barid_horizon_transactions",
               "How many transactions ago rows are still kept for somebody.", Gauge,
               database.horizon_transactions);
    out.single("barid_notification_queue_usage_ratio",
               "How full the queue of PostgreSQL's NOTIFY is.", Gauge, database.notification_usage);
    out.single("barid_history_overdue_seconds",
               "How long the oldest finished job has outlived its queue's retention.", Gauge,
               database.history_overdue_seconds);
}

ProcessSample sample_of(const Worker& worker) {
    ProcessSample sample;
    sample.lease_alive = worker.ready();
    sample.running = worker.executor().running();
    sample.buffered = worker.executor().buffered();
    sample.settle_pending = worker.settler().pending();
    sample.claimed = worker.claimer().claimed_total();
    sample.settled = worker.settler().settled_total();
    sample.claims = worker.claimer().latency();
    sample.settles = worker.settler().latency();
    for (const auto& [kind, meter] : worker.executor().meters()) {
        sample.kinds.push_back({kind != nullptr ? kind->options.kind : "(unknown)", meter});
    }
    std::ranges::sort(sample.kinds, {}, &ProcessSample::Kind::name);
    return sample;
}

}  // namespace

std::string render_metrics(const std::vector<NamedSample>& databases,
                           const ProgramSample& program) {
    Families out;
    add_program(out);
    if (program.traces) add_traces(out, *program.traces);
    if (program.admin != nullptr) add_admin(out, *program.admin);
    for (const NamedSample& each : databases) {
        out.of_database(each.database);
        add_process(out, each.process);
        if (each.meters != nullptr) add_meters(out, *each.meters);
        out.single("barid_database_up", "1 when the database answered for this scrape.",
                   MetricType::Gauge, each.sample ? 1 : 0);
        if (each.sample) add_database(out, *each.sample);
    }
    return out.text();
}

void Metrics::watch(std::string database, pg::ConnectOptions options,
                    std::function<const Worker*()> worker, const ProcessMeters* meters) {
    watched_.push_back({std::move(database), std::move(worker), meters,
                        std::make_unique<DatabaseSampler>(io_, blocking_, std::move(options))});
}

awaitable<web::Answer> Metrics::answer() {
    std::vector<NamedSample> all(watched_.size());
    // At once, so that databases that are away don't add up to more than a scrape may take.
    std::size_t left = all.size();
    asio::steady_timer taken(io_, asio::steady_timer::time_point::max());
    for (std::size_t i = 0; i < all.size(); ++i) {
        asio::co_spawn(io_, watched_[i].sampler->get(),
                       [&, i](const std::exception_ptr&, auto sample) {
                           all[i].sample = std::move(sample);
                           if (--left == 0) taken.cancel();
                       });
    }
    while (left > 0) co_await taken.async_wait(use_tuple);
    for (std::size_t i = 0; i < all.size(); ++i) {
        all[i].database = watched_[i].database;
        all[i].meters = watched_[i].meters;
        const Worker* worker = watched_[i].worker();
        if (worker != nullptr) all[i].process = sample_of(*worker);
    }
    web::Answer answer;
    answer.content_type = "text/plain; version=0.0.4; charset=utf-8";
    ProgramSample program{.admin = admin_};
    if (tracing_ != nullptr) program.traces = tracing_->figures();
    answer.body = render_metrics(all, program);
    co_return answer;
}

}  // namespace barid::worker
