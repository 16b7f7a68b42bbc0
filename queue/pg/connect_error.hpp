// What a failed connect means. Pure: text in, SQLSTATE out. Thread-safe.
//
// libpq keeps no SQLSTATE of a refused connection. Asked to be verbose it prints the server's,
// `FATAL:  28P01: password authentication failed …`, in whatever language the server speaks; so
// the code is taken from there, and the sentence is never understood.
#pragma once

#include <string>
#include <string_view>

#include "queue/pg/error.hpp"

namespace barid::pg {

/// `message` is the first line of libpq's verbose text; the code is taken out of it.
Error connect_error(std::string message);

/// One verdict on several addresses that all failed. A wrong password must end the attempts, an
/// address that is down must not. Addresses of one host that answered have to agree; of several
/// hosts every one has to say the same.
class ConnectVerdict {
  public:
    /// `sqlstate` is empty when the address gave no answer.
    void add(std::string_view host, std::string_view sqlstate);
    /// Empty: try again later.
    [[nodiscard]] std::string sqlstate() const;

  private:
    std::string host_;
    std::string state_;
    bool first_ = true;
    bool one_host_ = true;
    bool silent_ = false;
    bool agreed_ = true;
};

}  // namespace barid::pg
