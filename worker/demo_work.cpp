#include "worker/demo_work.hpp"

#include <fmt/format.h>

#include <array>

#include "base/text.hpp"

namespace barid::worker {
namespace {

struct DemoJob {
    const char* kind;
    const char* payload;
    int max_attempts = 10;
};

constexpr DemoJob kSlow = {"demo.slow", R"({"first": 240, "later": 1})"};
constexpr int kSlowJobs = 3;

constexpr std::array kJobs = {
    // A template in each user's language, with a picture and data for the app.
    DemoJob{"notify.send", R"({
        "user": "emma@", "category": "orders", "template": "order.shipped",
        "vars": {"name": "Emma", "order": "A-1042", "hours": 3},
        "image": "https://shop.example/media/mug-640.webp",
        "data": {"screen": "order", "order": "A-1042"}})"},
    DemoJob{"notify.send", R"({
        "user": "omar@", "category": "orders", "template": "order.shipped",
        "vars": {"name": "عمر", "order": "A-1043", "hours": 5},
        "image": "https://shop.example/media/rug-640.webp",
        "data": {"screen": "order", "order": "A-1043"}})"},
    DemoJob{"notify.send", R"({
        "user": "laila@", "category": "orders", "template": "order.shipped",
        "vars": {"name": "ليلى", "order": "A-1044", "hours": 8},
        "data": {"screen": "order", "order": "A-1044"}})"},
    // Texts in both languages; the same request twice, as after a backend's own retry.
    DemoJob{"notify.send", R"({
        "user": "noor@", "dedupe_key": "welcome",
        "title": {"en": "Welcome to the souq", "ar": "أهلًا بك في السوق"},
        "body": {"en": "Your first delivery is free.", "ar": "التوصيل الأول مجاني."}})"},
    DemoJob{"notify.send", R"({
        "user": "noor@", "dedupe_key": "welcome",
        "title": {"en": "Welcome to the souq", "ar": "أهلًا بك في السوق"},
        "body": {"en": "Your first delivery is free.", "ar": "التوصيل الأول مجاني."}})"},
    // Sami wants no pushes about offers: his inbox has it, his phone stays dark.
    DemoJob{"notify.send", R"({
        "user": "emma@", "category": "offers",
        "title": {"en": "20% off ceramics", "ar": "خصم 20٪ على السيراميك"},
        "body": {"en": "Until Friday evening.", "ar": "حتى مساء الجمعة."}})"},
    DemoJob{"notify.send", R"({
        "user": "sami@", "category": "offers",
        "title": {"en": "20% off ceramics", "ar": "خصم 20٪ على السيراميك"},
        "body": {"en": "Until Friday evening.", "ar": "حتى مساء الجمعة."}})"},
    // Wrong in three ways, which no retry can mend.
    DemoJob{"notify.send", R"({
        "user": "", "title": "not an object", "body": {"en": "x"}, "colour": "red"})"},

    // The titles are known from what a person translated; the descriptions are not.
    DemoJob{"translate.content", R"({
        "entity_type": "product", "entity_id": "mug-gift@", "source": "en", "target": "ar",
        "fields": {"title": "White ceramic mug",
                   "description": {"html": "<p>Holds <b>350 ml</b>. Dishwasher safe.</p>"}}})"},
    DemoJob{"translate.content", R"({
        "entity_type": "product", "entity_id": "rug-large@", "source": "ar", "target": "en",
        "fields": {"title": "سجادة صوف يدوية",
                   "description": "منسوجة في سيوة من صوف طبيعي."}})"},
    // The shop changed the English title that a person had translated.
    DemoJob{"translate.content", R"({
        "entity_type": "product", "entity_id": "mug-white@", "source": "en", "target": "ar",
        "fields": {"title": "White ceramic mug, set of two"}})"},

    DemoJob{"demo.flaky", R"({"failures": 2})", 5},
    DemoJob{"demo.broken", R"({"reason": "this never works"})", 3},
};

awaitable<std::int64_t> enqueue(pg::Pool& pool, const DemoRun& run, const DemoJob& job,
                                const char* queue) {
    const pg::Result id = co_await pool.execute(
        R"(SELECT barid.enqueue($1, $2::jsonb, queue => $3, max_attempts => $4,
                                request_id => $5))",
        pg::Params(job.kind, of_run(run, job.payload), queue, job.max_attempts, run.request_id));
    co_return id.one().get<std::int64_t>(0);
}

/// A table whose names are translated by themselves: two new rows, one of which a person has
/// translated. Their jobs belong to the run like those that are enqueued by hand.
awaitable<void> fill_shelf(pg::Pool& pool, const DemoRun& run) {
    pg::Transaction transaction = co_await pg::Transaction::begin(pool);
    co_await transaction.execute(
        "CREATE TABLE IF NOT EXISTS public.demo_shelf (id text PRIMARY KEY, name text, name_ar "
        "text)");
    co_await transaction.execute(
        "SELECT barid.auto_translate('public.demo_shelf', columns => '{name}')");
    co_await transaction.execute(
        R"(INSERT INTO public.demo_shelf VALUES ('mug' || $1, 'White ceramic mug', NULL),
                                         ('tray' || $1, 'Copper tray', 'صينية نحاس منقوشة'))",
        pg::Params(run.suffix));
    co_await transaction.execute(
        R"(UPDATE barid.job SET request_id = $2 WHERE unique_key IN (
               'translate:demo_shelf:mug' || $1, 'translate:demo_shelf:tray' || $1))",
        pg::Params(run.suffix, run.request_id));
    co_await transaction.commit();
}

}  // namespace

std::string of_run(const DemoRun& run, std::string text) {
    for (std::size_t at = text.find('@'); at != std::string::npos;
         at = text.find('@', at + run.suffix.size())) {
        text.replace(at, 1, run.suffix);
    }
    return text;
}

awaitable<DemoRun> begin_demo_run(pg::Pool& pool) {
    const pg::Result earlier = co_await pool.execute(
        R"(SELECT count(DISTINCT request_id) FROM barid.jobs WHERE request_id LIKE 'demo-%')");
    const auto number = earlier.one().get<std::int64_t>(0) + 1;
    co_return DemoRun{.suffix = number == 1 ? "" : fmt::format("-{}", number),
                      .request_id = fmt::format("demo-{}", number)};
}

awaitable<void> set_up_shop(pg::Pool& pool, const DemoRun& run) {
    co_await pool.execute(R"(
        SELECT barid.upsert_category('orders', description => 'What became of an order'),
               barid.upsert_category('offers', ambiguity => 'hold', description => 'Marketing'),
               barid.upsert_template('order.shipped', '{
                   "en": {"title": "Order {order} is on its way",
                          "body": "Hello {name}, it arrives within {hours} hours."},
                   "ar": {"title": "الطلب {order} في الطريق إليك",
                          "body": "مرحبًا {name}، يصلك خلال {hours} ساعات."}}',
                   ARRAY['name', 'order', 'hours']))");
    co_await pool.execute(
        R"(SELECT barid.register_device(u.name || $1, u.name || '-' || u.platform || $1,
                                        u.platform, locale => u.locale)
           FROM (VALUES ('emma', 'android', 'en'), ('emma', 'ios', 'en'),
                        ('omar', 'android', 'ar'), ('laila', 'ios', 'ar-EG'),
                        ('noor', 'web', NULL), ('sami', 'android', 'ar'))
                AS u(name, platform, locale))",
        pg::Params(run.suffix));
    co_await pool.execute(
        R"(SELECT barid.set_preference('sami' || $1, false, category => 'offers',
                                       channel => 'push'))",
        pg::Params(run.suffix));
    co_await pool.execute(
        R"(SELECT barid.set_translation('product', 'mug-white' || $1, 'title', 'ar',
                                        'كوب سيراميك أبيض', 'White ceramic mug'),
                  barid.set_translation('product', 'rug-small' || $1, 'title', 'en',
                                        'Handmade wool rug', 'سجادة صوف يدوية'))",
        pg::Params(run.suffix));
    co_await fill_shelf(pool, run);
}

awaitable<std::vector<std::int64_t>> enqueue_slow(pg::Pool& pool, const DemoRun& run) {
    std::vector<std::int64_t> ids;
    for (int i = 0; i < kSlowJobs; ++i) {
        ids.push_back(co_await enqueue(pool, run, kSlow, kSlowQueue));
    }
    co_return ids;
}

awaitable<void> enqueue_work(pg::Pool& pool, const DemoRun& run,
                             const std::vector<DemoPicture>& pictures) {
    for (const DemoJob& job : kJobs) co_await enqueue(pool, run, job, "default");
    for (const DemoPicture& picture : pictures) {
        const std::string payload = fmt::format(
            R"({{"source": {{"path": {}}}, "entity": {}}})", json_quote(picture.path.string()),
            json_quote(of_run(run, "product:" + picture.name + "@")));
        co_await pool.execute(
            R"(SELECT barid.enqueue('image.process', $1::jsonb, request_id => $2))",
            pg::Params(payload, run.request_id));
    }
}

std::vector<ExpectedPush> expected_pushes(const DemoRun& run) {
    std::vector<ExpectedPush> pushes;
    for (const char* platform : {"android", "ios"}) {
        pushes.push_back({"emma@", platform, "Order A-1042 is on its way",
                          "Hello Emma, it arrives within 3 hours."});
        pushes.push_back({"emma@", platform, "20% off ceramics", "Until Friday evening."});
    }
    pushes.push_back(
        {"omar@", "android", "الطلب A-1043 في الطريق إليك", "مرحبًا عمر، يصلك خلال 5 ساعات."});
    pushes.push_back(
        {"laila@", "ios", "الطلب A-1044 في الطريق إليك", "مرحبًا ليلى، يصلك خلال 8 ساعات."});
    pushes.push_back({"noor@", "web", "Welcome to the souq", "Your first delivery is free."});
    for (ExpectedPush& push : pushes) push.user = of_run(run, push.user);
    return pushes;
}

std::vector<std::string> demo_users(const DemoRun& run) {
    std::vector<std::string> users;
    for (const char* name : {"emma@", "omar@", "laila@", "noor@", "sami@"}) {
        users.push_back(of_run(run, name));
    }
    return users;
}

}  // namespace barid::worker
