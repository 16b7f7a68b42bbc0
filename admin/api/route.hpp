// What the API can be asked: each endpoint once, with who may ask it, what it takes and what it
// answers. The dispatcher checks requests by it and the OpenAPI description is made of it, so that
// none of the three can disagree. Filled at start, read-only afterwards; io thread only.
#pragma once

#include <cstdint>
#include <functional>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "admin/access/permission.hpp"
#include "admin/http/message.hpp"
#include "base/asio.hpp"

namespace barid::api {

class Call;

/// A parameter of the query or of the path ("{id}"). All are checked before the handler runs; a
/// name that the route doesn't declare is refused.
struct Parameter {
    enum class Type : std::uint8_t { text, integer, boolean, time, texts };  // texts: repeated

    std::string name;
    Type type = Type::text;
    std::string means;  ///< one sentence
    bool required = false;
    std::size_t max_bytes = 200;               ///< of a text; at least 1
    std::vector<std::string> one_of = {};      ///< empty: any text
    std::int64_t min = 0;                      ///< of an integer
    std::int64_t max = 9'007'199'254'740'991;  ///< of an integer; what JavaScript keeps exact
};

struct Route {
    enum class Open : std::uint8_t {
        to_permitted,  ///< `permission` is needed
        to_signed_in,  ///< anyone who is known
        to_all,        ///< nobody is asked who they are
    };

    std::string method;     ///< GET, POST, PUT, PATCH or DELETE
    std::string path;       ///< below /api/v1: "/jobs/{id}/retry"
    std::string operation;  ///< OpenAPI's operationId: "retryJob"
    std::string tag;        ///< OpenAPI's group: "jobs"
    std::string summary;    ///< one sentence
    Open open = Open::to_permitted;
    access::Permission permission = access::Permission::admin;
    std::vector<Parameter> parameters = {};
    std::string body = {};    ///< the schema's name; "": takes no body
    std::string answer = {};  ///< the schema's name; "": none (204) or not JSON
    int status = 200;
    std::size_t max_body_bytes = std::size_t{64} << 10U;
    /// GET and HEAD change nothing and always run outside of a transaction. Other methods run in
    /// one, take `Idempotency-Key`, and must leave a record (Call::audit) unless this is false
    /// (previews).
    bool changes = true;
    /// False when the answer holds a secret: then a repeated `Idempotency-Key` is refused (409
    /// already_done) instead of answered from what was kept.
    bool keeps_answer = true;
    std::function<awaitable<web::Response>(Call&)> handler = {};
};

/// All routes and the schemas that they name.
class Routes {
  public:
    /// Throws std::logic_error when the path and method are taken or a name repeats.
    void add(Route route);
    /// A JSON Schema (OpenAPI 3.1's dialect) as JSON text; others refer to it by
    /// "#/components/schemas/NAME". Objects are closed: `additionalProperties` is false unless the
    /// schema says otherwise.
    void schema(std::string name, std::string_view json);

    [[nodiscard]] const std::vector<Route>& all() const { return routes_; }
    [[nodiscard]] const std::map<std::string, std::string>& schemas() const { return schemas_; }

    struct Match {
        const Route* route = nullptr;                  ///< nullptr: no such path
        std::vector<std::string> allowed = {};         ///< methods of the path, when none matched
        std::map<std::string, std::string> path = {};  ///< the path's parameters
    };
    /// `path` is decoded and without the prefix. Literal segments win over parameters.
    [[nodiscard]] Match match(std::string_view method, std::string_view path) const;

  private:
    std::vector<Route> routes_;
    std::map<std::string, std::string> schemas_;
};

}  // namespace barid::api
