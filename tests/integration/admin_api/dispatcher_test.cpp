// What holds for every route: who may, what is checked, one transaction, problems.
#include <gtest/gtest.h>

#include "admin/api/openapi.hpp"
#include "tests/support/api_fixture.hpp"

namespace barid {
namespace {

using access::Permission;
using api::Call;
using api::Parameter;
using api::Problem;

class Dispatcher : public support::ApiFixture {
  protected:
    Dispatcher() {
        routes.schema("Thing", R"({"type": "object", "properties": {
            "id": {"type": "integer"}, "name": {"type": ["string", "null"]}}})");
        routes.schema("NewThing", R"({"type": "object", "properties": {
            "name": {"type": "string"}, "reason": {"type": "string"}}, "required": ["name"]})");
        routes.schema("Things", R"({"type": "object", "properties": {
            "items": {"type": "array", "items": {"$ref": "#/components/schemas/Thing"}},
            "next": {"type": ["string", "null"]}}})");
        const Parameter id{.name = "id", .type = Parameter::Type::integer, .means = "its number"};
        routes.add({.method = "GET",
                    .path = "/things",
                    .operation = "listThings",
                    .tag = "t",
                    .summary = "All.",
                    .permission = Permission::jobs_view,
                    .parameters = {{.name = "min", .type = Parameter::Type::integer, .means = "m"},
                                   {.name = "cursor", .means = "c", .max_bytes = 1000},
                                   {.name = "limit",
                                    .type = Parameter::Type::integer,
                                    .means = "l",
                                    .min = 1,
                                    .max = 200}},
                    .answer = "Things",
                    .handler = &list});
        routes.add({.method = "POST",
                    .path = "/things/{id}/name",
                    .operation = "nameThing",
                    .tag = "t",
                    .summary = "Name it.",
                    .permission = Permission::jobs_retry,
                    .parameters = {id},
                    .body = "NewThing",
                    .answer = "Thing",
                    .handler = [this](Call& call) { return rename(call); }});
        routes.add({.method = "DELETE",
                    .path = "/things/{id}",
                    .operation = "dropThing",
                    .tag = "t",
                    .summary = "Drop it.",
                    .permission = Permission::jobs_cancel,
                    .parameters = {id},
                    .status = 204,
                    .handler = [](Call&) -> awaitable<web::Response> {
                        co_return web::Response{.status = 204};
                    }});
        api::add_openapi(routes, "1");
        database.sql(
            "CREATE TABLE public.thing AS SELECT n AS id, NULL::text AS name "
            "FROM generate_series(1, 7) n; GRANT ALL ON public.thing TO barid_admin");
    }

    static awaitable<web::Response> list(Call& call) {
        return call.page(R"(SELECT jsonb_build_object('id', id, 'name', name), id
                            FROM public.thing
                            WHERE id > coalesce($1::bigint, 0) AND id >= coalesce($2::bigint, 0)
                            ORDER BY id LIMIT $3 + 1)",
                         pg::Params(call.position(), call.integer("min"), call.limit()));
    }

    awaitable<web::Response> rename(Call& call) {
        ++renames;
        JsonReader in(call.body());
        const auto name = in.text("name", {.max_bytes = 20});
        in.optional_text("reason");
        in.finish();
        co_await call.sql("UPDATE public.thing SET name = $2 WHERE id = $1",
                          pg::Params(call.integer("id"), name));
        if (name == "fail") throw Problem(409, "no_fails", "not that one");
        if (name == "crash") throw std::runtime_error("secret words");
        co_await call.audit({.action = "thing.name",
                             .target_kind = "thing",
                             .target = call.text("id"),
                             .after = R"({"name":"x"})"});
        co_return api::json_response(co_await call.document(
            "thing",
            "SELECT jsonb_build_object('id', id, 'name', name) FROM public.thing "
            "WHERE id = $1",
            pg::Params(call.integer("id"))));
    }

    int renames = 0;
};

TEST_F(Dispatcher, AnswersWithWhatTheRouteDeclares) {
    const auto answer = get("/things?limit=3");
    EXPECT_EQ(answer.status, 200);
    EXPECT_EQ(answer.items().size(), 3U);
    EXPECT_EQ(all_items("/things?limit=3").size(), 7U);
}

TEST_F(Dispatcher, ACursorBelongsToItsFiltersAndItsReader) {
    const auto next = std::string(get("/things?limit=3").json.at("next").as_string());
    EXPECT_EQ(get("/things?limit=5&cursor=" + next).status, 200) << "another size is no filter";
    EXPECT_EQ(get("/things?min=2&cursor=" + next).code(), "bad_cursor");
    EXPECT_EQ(get("/things?cursor=AAAA").code(), "bad_cursor");
    as(support::everything(), "account:2");
    EXPECT_EQ(get("/things?cursor=" + next).code(), "bad_cursor");
}

TEST_F(Dispatcher, SaysWhatIsWrongWithEveryParameter) {
    const auto answer = get("/things?limit=0&min=x&nothing=1&limit=%zz");
    EXPECT_EQ(answer.status, 422);
    EXPECT_EQ(answer.code(), "invalid");
    EXPECT_EQ(answer.json.at("errors").as_array().size(), 4U) << answer.body;
}

TEST_F(Dispatcher, RefusesWhoIsNotAllowedBeforeItReadsTheBody) {
    as(support::grants({"jobs.view"}));
    EXPECT_EQ(get("/things").status, 200);
    const auto answer = ask("POST", "/things/1/name", "not even JSON");
    EXPECT_EQ(answer.status, 403);
    EXPECT_EQ(answer.code(), "forbidden");
    EXPECT_EQ(renames, 0);
}

TEST_F(Dispatcher, PassesOnWhyNobodyIsLetIn) {
    door.denial = access::Denial{.status = 429,
                                 .code = "rate_limited",
                                 .detail = "slow down",
                                 .retry_after = std::chrono::seconds(7)};
    const auto answer = get("/things");
    EXPECT_EQ(answer.status, 429);
    EXPECT_EQ(answer.code(), "rate_limited");
    EXPECT_EQ(answer.header("Retry-After"), "7");
    door.denial = access::Denial{.detail = "sign in"};
    EXPECT_NE(get("/things").header("WWW-Authenticate"), "");
    EXPECT_EQ(get("/openapi.json").status, 200) << "the description is open to all";
}

TEST_F(Dispatcher, CommitsTheEffectAndItsAuditLineTogether) {
    const auto answer = post("/things/3/name", {{"name", "ورد"}, {"reason", "asked for"}});
    EXPECT_EQ(answer.status, 200) << answer.body;
    EXPECT_EQ(database.sql("SELECT name FROM public.thing WHERE id = 3"), "ورد");
    EXPECT_EQ(
        database.sql("SELECT concat_ws('|', actor, actor_name, action, target, after, reason, "
                     "request_id, client) FROM barid.audit_log"),
        "account:1|نورة|thing.name|3|{\"name\": \"x\"}|asked for|req-1|192.0.2.7");
}

TEST_F(Dispatcher, AFailureLeavesNeitherEffectNorLine) {
    EXPECT_EQ(post("/things/3/name", {{"name", "fail"}}).code(), "no_fails");
    const auto crash = post("/things/3/name", {{"name", "crash"}});
    EXPECT_EQ(crash.status, 500);
    EXPECT_EQ(crash.body.find("secret words"), std::string::npos);
    EXPECT_EQ(database.sql("SELECT count(*) FROM public.thing WHERE name IS NOT NULL"), "0");
    EXPECT_EQ(database.sql("SELECT count(*) FROM barid.audit_log"), "0");
}

TEST_F(Dispatcher, AChangeWithoutALineIsADefect) {
    EXPECT_EQ(ask("DELETE", "/things/1", "").status, 500);
}

TEST_F(Dispatcher, NamesEveryViolationOfABody) {
    const auto answer = post("/things/1/name", {{"name", 7}, {"colour", "red"}});
    EXPECT_EQ(answer.status, 422);
    EXPECT_EQ(answer.json.at("errors").as_array().size(), 2U) << answer.body;
    EXPECT_EQ(ask("POST", "/things/1/name", "{").code(), "bad_json");
    EXPECT_EQ(ask("POST", "/things/1/name", "[]").code(), "invalid");
    EXPECT_EQ(ask("POST", "/things/1/name", "").code(), "invalid");
}

TEST_F(Dispatcher, ARepeatedRequestIsAnsweredFromTheFirst) {
    const support::Headers key = {{"Idempotency-Key", "k1"}};
    const auto first = post("/things/1/name", {{"name", "a"}}, key);
    const auto second = post("/things/1/name", {{"name", "a"}}, key);
    EXPECT_EQ(first.body, second.body);
    EXPECT_EQ(second.header("Idempotency-Replayed"), "true");
    EXPECT_EQ(renames, 1);
    EXPECT_EQ(post("/things/1/name", {{"name", "b"}}, key).code(), "key_reused");
    EXPECT_EQ(post("/things/2/name", {{"name", "b"}}, key).status, 200) << "another thing";
    as(support::everything(), "account:2");
    EXPECT_EQ(post("/things/1/name", {{"name", "c"}}, key).status, 200) << "another caller";
}

TEST_F(Dispatcher, AFailedRequestCanBeRepeatedUnderItsKey) {
    const support::Headers key = {{"Idempotency-Key", "k2"}};
    EXPECT_EQ(post("/things/1/name", {{"name", "fail"}}, key).status, 409);
    EXPECT_EQ(post("/things/1/name", {{"name", "good"}}, key).status, 200);
}

TEST_F(Dispatcher, SendsNothingAgainThatTheClientHas) {
    const auto etag = get("/things").header("ETag");
    EXPECT_EQ(get("/things", {{"If-None-Match", etag}}).status, 304);
    database.sql("UPDATE public.thing SET name = 'new' WHERE id = 1");
    EXPECT_EQ(get("/things", {{"If-None-Match", etag}}).status, 200);
}

TEST_F(Dispatcher, ChangesNothingUnderAConditionThatIsForReading) {
    const auto answer = post("/things/1/name", {{"name", "a"}}, {{"If-None-Match", "*"}});
    EXPECT_EQ(answer.status, 400);
    EXPECT_EQ(answer.code(), "bad_condition");
    EXPECT_EQ(renames, 0);
}

TEST_F(Dispatcher, TakesAMediaTypeInAnyCase) {
    EXPECT_EQ(post("/things/1/name", {{"name", "a"}},
                   {{"Content-Type", "Application/JSON ; charset=utf-8"}})
                  .status,
              200);
    EXPECT_EQ(post("/things/1/name", {{"name", "a"}}, {{"Content-Type", "text/plain"}}).status,
              415);
}

TEST_F(Dispatcher, TellsWhichMethodsThereAre) {
    const auto answer = ask("PUT", "/things", "{}");
    EXPECT_EQ(answer.status, 405);
    EXPECT_EQ(answer.header("Allow"), "GET");
    EXPECT_EQ(get("/nothing").code(), "no_such_path");
}

}  // namespace
}  // namespace barid
