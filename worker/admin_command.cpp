// `barid admin`: serves the API and the dashboard; `barid admin token|account|role` says who may
// use them.
#include <fmt/format.h>

#include <memory>

#include "worker/admin_access_command.hpp"
#include "worker/command_line_state.hpp"

namespace barid::worker {

void CommandLine::State::add_admin() {
    CLI::App* group =
        app.add_subcommand("admin", "serve the API and the dashboard; or say who may use them");
    // The group's own callback runs also when one of its commands was given.
    group->callback([this, group] {
        if (group->get_subcommands().empty()) command = run_admin;
    });
    add_admin_tokens(*group);
    add_admin_accounts(*group);
    add_admin_roles(*group);
}

void CommandLine::State::add_admin_tokens(CLI::App& parent) {
    CLI::App* group = parent.add_subcommand("token", "tokens for programs");
    group->require_subcommand(1);
    auto arguments = std::make_shared<TokenArguments>();
    CLI::App* create = add_json(add(*group, "create", "make a token and print it, this once",
                                    [this, arguments](const config::Settings& settings) {
                                        arguments->json = json;
                                        return run_token_create(settings, *arguments);
                                    }));
    create->add_option("--name", arguments->name, "what it is for")->required();
    create
        ->add_option("--permission", arguments->permissions,
                     "jobs.view, or jobs.retry=mail,default for these queues only; repeatable")
        ->required();
    create->add_option("--expires", arguments->expires, "90 days unless given; such as 30d");

    auto limit = std::make_shared<int>(50);
    add_json(
        add(*group, "list", "the newest tokens",
            [this, limit](const config::Settings& s) { return run_token_list(s, *limit, json); }))
        ->add_option("--limit", *limit, "50 unless given")
        ->check(CLI::Range(1, 1000));

    auto reason = std::make_shared<std::string>();
    CLI::App* revoke = add_json(add(
        *group, "revoke", "make a token useless", [this, reason](const config::Settings& settings) {
            return run_token_revoke(settings, ids.front(), *reason, json);
        }));
    revoke->add_option("ID", ids)->required()->expected(1)->check(id_problem);
    revoke->add_option("--reason", *reason, "for the audit log")->required();
}

void CommandLine::State::add_admin_accounts(CLI::App& parent) {
    CLI::App* group = parent.add_subcommand("account", "people who sign in with a password");
    group->require_subcommand(1);
    auto arguments = std::make_shared<AccountArguments>();
    const auto add_password = [arguments](CLI::App* sub) {
        sub->add_option("--password-file", arguments->password_file,
                        "the first line is the password; - for standard input. Without it one is "
                        "made, printed, and must be changed");
    };
    CLI::App* create = add_json(add(*group, "create", "make an account",
                                    [this, arguments](const config::Settings& settings) {
                                        arguments->json = json;
                                        return run_account_create(settings, *arguments);
                                    }));
    create->add_option("LOGIN", arguments->login)->required();
    create->add_option("--name", arguments->name, "the person's name");
    create->add_option("--role", arguments->roles, "repeatable; `barid admin role list` has them")
        ->required();
    add_password(create);

    auto limit = std::make_shared<int>(50);
    add_json(
        add(*group, "list", "the accounts",
            [this, limit](const config::Settings& s) { return run_account_list(s, *limit, json); }))
        ->add_option("--limit", *limit, "50 unless given")
        ->check(CLI::Range(1, 1000));

    for (const bool disable : {true, false}) {
        add_json(add(*group, disable ? "disable" : "enable",
                     disable ? "end an account's sessions and let it in no more"
                             : "let a disabled account in again",
                     [this, arguments, disable](const config::Settings& settings) {
                         return run_account_disable(settings, arguments->login, disable, json);
                     }))
            ->add_option("LOGIN", arguments->login)
            ->required();
    }
    CLI::App* password = add_json(add(*group, "password", "give an account another password",
                                      [this, arguments](const config::Settings& settings) {
                                          arguments->json = json;
                                          return run_account_password(settings, *arguments);
                                      }));
    password->add_option("LOGIN", arguments->login)->required();
    add_password(password);
}

void CommandLine::State::add_admin_roles(CLI::App& parent) {
    CLI::App* group = parent.add_subcommand("role", "names for sets of permissions");
    group->require_subcommand(1);
    add_json(add(*group, "list", "the roles and what they allow",
                 [this](const config::Settings& s) { return run_role_list(s, json); }));
    auto arguments = std::make_shared<RoleArguments>();
    CLI::App* set = add_json(add(*group, "set", "make a role or change what it allows",
                                 [this, arguments](const config::Settings& settings) {
                                     arguments->json = json;
                                     return run_role_set(settings, *arguments);
                                 }));
    set->add_option("NAME", arguments->name)->required();
    set->add_option("--permission", arguments->permissions,
                    "jobs.view, or jobs.retry=mail,default; repeatable")
        ->required();
    set->add_option("--means", arguments->means, "what it is for");
}

}  // namespace barid::worker
