// [outbox.NAME] as the relay takes it. Pure.
#pragma once

#include <vector>

#include "commerce/outbox_relay.hpp"
#include "config/settings.hpp"

namespace barid::worker {

std::vector<commerce::OutboxStream> outbox_streams(const config::Settings& settings);
commerce::OutboxLimits outbox_limits(const config::Settings& settings);

}  // namespace barid::worker
