// The commands of `barid admin token|account|role`: what they were asked for, and what runs them.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "worker/command_session.hpp"
#include "worker/commands.hpp"

namespace barid::worker {

struct TokenArguments {
    std::string name;
    std::vector<std::string> permissions;  ///< "jobs.view", "jobs.retry=mail,default"
    std::string expires = "90 days";
    bool json = false;
};
int run_token_create(const config::Settings& settings, const TokenArguments& arguments);
int run_token_list(const config::Settings& settings, int limit, bool json);
int run_token_revoke(const config::Settings& settings, std::int64_t id, const std::string& reason,
                     bool json);

struct AccountArguments {
    std::string login;
    std::string name;
    std::vector<std::string> roles;
    std::string password_file;  ///< "-": standard input; empty: a password is made
    bool json = false;
};
int run_account_create(const config::Settings& settings, const AccountArguments& arguments);
int run_account_list(const config::Settings& settings, int limit, bool json);
int run_account_disable(const config::Settings& settings, const std::string& login, bool disable,
                        bool json);
int run_account_password(const config::Settings& settings, const AccountArguments& arguments);

struct RoleArguments {
    std::string name;
    std::string means;
    std::vector<std::string> permissions;
    bool json = false;
};
int run_role_list(const config::Settings& settings, bool json);
int run_role_set(const config::Settings& settings, const RoleArguments& arguments);

}  // namespace barid::worker
