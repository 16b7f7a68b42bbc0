// A stand-in for FCM that costs little and answers when it is told to: HTTP/2 over TLS, a thread
// for each connection, every request answered with 200 after the same delay.
//
// `barid_bench --role push-server FOLDER DELAY_MS` with key.pem and cert.pem in FOLDER; prints
// `READY port` and serves until the end of its input. nghttpd, which is used without a delay, can't
// wait with its answers.
#pragma once

#include <string>

namespace barid::bench {

int run_push_server(const std::string& folder, int delay_ms);

}  // namespace barid::bench
