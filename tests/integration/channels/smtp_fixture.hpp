// A mail server of the test's own (tests/support/smtp_stub.mjs) and an SmtpChannel that talks to
// it.
#pragma once

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <filesystem>
#include <memory>
#include <string>

#include "base/http_curl.hpp"
#include "base/json.hpp"
#include "base/smtp_client.hpp"
#include "notify/smtp_channel.hpp"
#include "tests/support/child_process.hpp"
#include "tests/support/database.hpp"

namespace barid::support {

class SmtpTest : public ::testing::Test {
  protected:
    SmtpTest();
    ~SmtpTest() override;

    /// What the server does from here on; see the stub.
    void rules(const std::string& json);
    /// What the server has seen so far: messages, commands, problems, …
    json::object seen();
    json::array messages() { return seen().at("messages").as_array(); }
    std::string problems() { return json::serialize(seen().at("problems")); }
    /// Waits until the server has at least `count` messages.
    void wait_for_messages(std::size_t count);

    void connect(smtp::ClientOptions options);
    notify::SendResult send() { return send(letter()); }
    notify::SendResult send(const notify::PushMessage& message);

    [[nodiscard]] smtp::ClientOptions client_options() const;
    static notify::PushMessage letter();
    /// The only message that arrived, as an independent parser reads it.
    json::object read_message();

    std::filesystem::path directory;
    std::string smtp;
    std::string smtps;
    IoFixture io;
    SystemClock clock;
    notify::SmtpChannelOptions options;
    notify::Target target{.channel = "email", .user_id = "layla/1", .target = "layla@example.com"};
    std::unique_ptr<smtp::Client> client;

  private:
    std::unique_ptr<ChildProcess> server_;
    std::string control_;
    std::unique_ptr<http::CurlHttpClient> http_;
};

}  // namespace barid::support
