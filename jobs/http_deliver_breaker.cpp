#include "jobs/http_deliver_breaker.hpp"

#include <algorithm>

namespace barid::jobs {

Breaker::Answer Breaker::ask(SteadyTime now) const {
    switch (state_) {
        case State::closed:
            return Answer::go;
        case State::open:
            return now >= until_ ? Answer::go : Answer::rest;
        case State::half_open:
            return trying_ ? Answer::wait : Answer::go;
    }
    return Answer::go;
}

Breaker::Permit Breaker::begin(SteadyTime now) {
    if (state_ == State::open && now >= until_) {
        state_ = State::half_open;
        ++period_;
    }
    trying_ = state_ == State::half_open;
    return {period_};
}

void Breaker::succeeded(Permit permit) {
    if (permit.period != period_) return;
    in_a_row_ = 0;
    if (state_ == State::closed) return;
    state_ = State::closed;
    trying_ = false;
    rest_ = options_.first_rest;
    ++period_;
}

void Breaker::failed(Permit permit, SteadyTime now) {
    if (permit.period != period_) return;
    if (state_ == State::half_open) {
        rest_ = std::min(rest_ * 2, options_.longest_rest);
        open(now + rest_);
    } else if (state_ == State::closed && ++in_a_row_ >= options_.failures) {
        open(now + rest_);
    }
}

void Breaker::abandoned(Permit permit) {
    if (permit.period == period_) trying_ = false;
}

void Breaker::pause(SteadyTime now, std::chrono::milliseconds rest) {
    const SteadyTime until =
        now + std::clamp(rest, std::chrono::milliseconds(0), options_.longest_rest);
    open(state_ == State::open ? std::max(until_, until) : until);
}

void Breaker::open(SteadyTime until) {
    state_ = State::open;
    until_ = until;
    in_a_row_ = 0;
    trying_ = false;
    ++period_;
}

}  // namespace barid::jobs
