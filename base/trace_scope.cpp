#include "base/trace_scope.hpp"

#include <boost/asio/execution.hpp>
#include <boost/asio/prefer.hpp>
#include <boost/asio/require.hpp>
#include <memory>
#include <utility>

namespace barid::trace {
namespace {

/// An executor of Asio's model that does everything through another one, with the properties that
/// any_io_executor knows. Requiring and preferring one gives the same type again, so that the
/// context survives.
class SpanExecutor {
  public:
    SpanExecutor(asio::any_io_executor inner, std::shared_ptr<const SpanContext> context)
        : inner_(std::move(inner)), context_(std::move(context)) {}

    [[nodiscard]] const SpanContext& context() const { return *context_; }

    asio::execution_context& query(asio::execution::context_t) const { return inner_.context(); }
    asio::execution_context& query(asio::execution::context_as_t<asio::execution_context&>) const {
        return inner_.context();
    }
    SpanExecutor require(asio::execution::blocking_t::never_t property) const {
        return {asio::require(inner_, property), context_};
    }
    SpanExecutor prefer(asio::execution::blocking_t::possibly_t property) const {
        return {asio::prefer(inner_, property), context_};
    }
    SpanExecutor prefer(asio::execution::outstanding_work_t::tracked_t property) const {
        return {asio::prefer(inner_, property), context_};
    }
    SpanExecutor prefer(asio::execution::outstanding_work_t::untracked_t property) const {
        return {asio::prefer(inner_, property), context_};
    }
    SpanExecutor prefer(asio::execution::relationship_t::fork_t property) const {
        return {asio::prefer(inner_, property), context_};
    }
    SpanExecutor prefer(asio::execution::relationship_t::continuation_t property) const {
        return {asio::prefer(inner_, property), context_};
    }
    template <class Function>
    void execute(Function&& function) const {
        inner_.execute(std::forward<Function>(function));
    }

    friend bool operator==(const SpanExecutor& a, const SpanExecutor& b) noexcept {
        return a.context_ == b.context_ && a.inner_ == b.inner_;
    }

  private:
    asio::any_io_executor inner_;
    std::shared_ptr<const SpanContext> context_;
};

}  // namespace

asio::any_io_executor in_span(asio::any_io_executor executor, const SpanContext& context) {
    if (const auto* outer = executor.target<SpanExecutor>(); outer != nullptr) {
        if (outer->context() == context) return executor;
    }
    return SpanExecutor(std::move(executor), std::make_shared<const SpanContext>(context));
}

SpanContext span_of(const asio::any_io_executor& executor) {
    const auto* carrier = executor.target<SpanExecutor>();
    return carrier != nullptr ? carrier->context() : SpanContext{};
}

}  // namespace barid::trace
