// The FCM client as the measured process: messages through FcmChannel, without the ledger.
//
// `barid_bench --role push-client ORIGIN MESSAGES CONCURRENCY CONNECTIONS CA.pem ACCOUNT.json`: as
// many senders as CONCURRENCY says, each sending one message after the other; prints
// `RESULT seconds rss_kb cpu_s accepted`. The clock starts when the connections are there.
#pragma once

#include <string>

namespace barid::bench {

struct PushRole {
    std::string origin;
    std::size_t messages = 0;
    std::size_t concurrency = 1000;
    std::size_t connections = 10;
    std::string ca_file;
    std::string account_file;
};

int run_push_client(const PushRole& role);

}  // namespace barid::bench
