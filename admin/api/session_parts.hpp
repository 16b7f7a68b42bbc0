// The routes that need the sign-in desk beside the database. It must outlive them.
#pragma once

#include <string>

#include "admin/access/sign_in.hpp"
#include "admin/api/problem.hpp"
#include "admin/api/route.hpp"

namespace barid::api {

Problem problem_of(const access::Denial& denial);

/// /sign-in, /session and /me.
void add_session(Routes& routes, access::SignIn& door, std::string version);
void add_accounts(Routes& routes, access::SignIn& door);
/// /roles and /permissions.
void add_roles(Routes& routes, access::SignIn& door);
void add_tokens(Routes& routes, access::SignIn& door);

}  // namespace barid::api
