// The suite `notify`: the FCM client alone and behind the ledger, broadcasts, the inbox, beside
// h2load and firebase-admin.
//
// Contenders take turns against one local server, so that noise of the machine meets all of them;
// medians are compared.
#pragma once

#include <string>

namespace barid::bench {

struct NotifyOptions {
    std::string url;  ///< a superuser's; databases are made and dropped beside it
    bool peers = false;
    int runs = 3;
    double scale = 1;  ///< of the numbers of messages, users and rows
    std::string only;  ///< case names that contain this; empty: all
};

void run_notify_suite(const NotifyOptions& options);

}  // namespace barid::bench
