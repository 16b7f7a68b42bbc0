#include "worker/job_span.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "tests/support/trace_parts.hpp"

namespace barid::worker {
namespace {

using queue::Action;

class JobSpans : public testing::Test {
  protected:
    JobSpans() {
        job.id = 42;
        job.kind = "http.deliver";
        job.queue = "mail";
        job.attempt = 2;
        job.max_attempts = 5;
    }
    std::string text(std::string_view key, std::size_t span = 0) {
        const auto* value = sink.attribute(span, key);
        return value != nullptr ? std::get<std::string>(*value) : "(none)";
    }
    void end(const queue::Settlement& settlement, std::string_view stopped_by = {}) {
        trace::Span span = begin_job_span(tracer, job, true);
        end_job_span(span, settlement, stopped_by);
    }

    support::StillClock clock;
    support::KeepingSink sink;
    trace::Tracer tracer{clock, sink, 1.0};
    queue::Job job;
};

TEST_F(JobSpans, FollowTheMessagingConventions) {
    end({.action = Action::complete, .error = {}, .output = {}});
    EXPECT_EQ(sink.spans[0].name, "process http.deliver");
    EXPECT_EQ(sink.spans[0].kind, trace::Kind::consumer);
    EXPECT_EQ(text("messaging.system"), "barid");
    EXPECT_EQ(text("messaging.operation.type"), "process");
    EXPECT_EQ(text("messaging.destination.name"), "mail");
    EXPECT_EQ(text("messaging.message.id"), "42");
    EXPECT_EQ(text("barid.job.outcome"), "complete");
    EXPECT_EQ(std::get<std::int64_t>(*sink.attribute(0, "barid.job.attempt")), 2);
    EXPECT_EQ(sink.spans[0].status, trace::Status::unset);
}

TEST_F(JobSpans, SayThatAnAttemptFailedButNotWithWhichText) {
    end({.action = Action::retry, .error = "password=s3cret layla@example.com", .output = {}});
    end({.action = Action::fail, .error = "s3cret", .output = "s3cret"}, "timeout");
    EXPECT_EQ(text("error.type", 0), "retried");
    EXPECT_EQ(text("error.type", 1), "timeout");
    for (const trace::SpanData& span : sink.spans) {
        EXPECT_EQ(span.status, trace::Status::error);
        EXPECT_THAT(span.description, testing::HasSubstr("failed"));
        EXPECT_THAT(span.description, testing::Not(testing::HasSubstr("s3cret")));
        for (const trace::Attribute& each : span.attributes) {
            const auto* value = std::get_if<std::string>(&each.value);
            if (value != nullptr) EXPECT_THAT(*value, testing::Not(testing::HasSubstr("s3cret")));
        }
    }
}

TEST_F(JobSpans, OfJobsThatAreGivenBackAreNoFailures) {
    end({.action = Action::refund, .error = {}, .output = {}}, "shutdown");
    EXPECT_EQ(sink.spans[0].status, trace::Status::unset);
    EXPECT_EQ(text("barid.job.stopped_by"), "shutdown");
}

TEST_F(JobSpans, OfOneJobAreOneTrace) {
    end({.action = Action::retry, .error = {}, .output = {}});
    ++job.attempt;
    end({.action = Action::complete, .error = {}, .output = {}});
    job.id = 43;
    end({.action = Action::complete, .error = {}, .output = {}});
    EXPECT_EQ(sink.spans[0].context.trace_id, sink.spans[1].context.trace_id);
    EXPECT_NE(sink.spans[0].context.span_id, sink.spans[1].context.span_id);
    EXPECT_NE(sink.spans[0].context.trace_id, sink.spans[2].context.trace_id);
}

TEST_F(JobSpans, TakeNoNamesFromProducers) {
    job.kind = "made.up";
    job.traceparent = "junk\r\nX: y";
    const trace::Span span = begin_job_span(tracer, job, false);
    EXPECT_TRUE(span.context().valid());
    trace::Span ended = begin_job_span(tracer, job, false);
    ended.end();
    EXPECT_EQ(sink.spans[0].name, "process (unknown kind)");
    EXPECT_FALSE(begin_job_span(trace::Tracer::off(), job, false).context().valid());
}

}  // namespace
}  // namespace barid::worker
