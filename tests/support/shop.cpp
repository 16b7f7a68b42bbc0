#include "tests/support/shop.hpp"

#include <algorithm>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <stdexcept>
#include <vector>

namespace barid::support {
namespace {

namespace fs = std::filesystem;

std::string contents(const fs::path& path) {
    std::ifstream file(path, std::ios::binary);
    if (!file) throw std::runtime_error("can't read " + path.string());
    return {std::istreambuf_iterator<char>(file), {}};
}

constexpr const char* kSmallShop = R"(
INSERT INTO shop.customers (id, name, email, phone, locale) VALUES
    ('noura', 'نورة العلي', 'noura@example.com', '+96550000001', 'ar'),
    ('sam', 'Sam Clark', 'sam@example.com', '+96550000002', 'en');
INSERT INTO shop.products (id, name_en, name_ar, description_en, description_ar) VALUES
    ('rose-box', 'Taif rose gift box', 'صندوق هدايا ورد الطائف', 'Soap, oil and dried roses',
     'صابون وزيت وورد مجفف'),
    ('oud-box', 'Oud gift box', 'صندوق هدايا العود', 'Incense and a burner', 'بخور ومبخرة'),
    ('dates-box', 'Ajwa dates', 'تمر عجوة', 'Half a kilo', 'نصف كيلو');
INSERT INTO shop.variants (id, product_id, name_en, name_ar) VALUES
    ('ROSE', 'rose-box', 'Large', 'كبير'), ('OUD', 'oud-box', 'Small', 'صغير'),
    ('DATES', 'dates-box', '', '');
INSERT INTO shop.prices (variant_id, location_id, amount_minor)
SELECT v.id, l.id, CASE WHEN l.exponent = 3 THEN v.three ELSE v.two END
FROM shop.locations l,
     (VALUES ('ROSE', 12500, 15000), ('OUD', 4750, 5700), ('DATES', 1250, 1500)) v (id, three, two);
INSERT INTO shop.stock (variant_id, location_id, total, available)
SELECT v.id, l.id, 10, 10 FROM shop.variants v, shop.locations l;
INSERT INTO shop.promos (id, percent, max_uses) VALUES ('EID10', 10, 5), ('GIFT', 100, 2);
)";

/// In the order in which they are installed: numbers first, then the oracles.
std::vector<fs::path> files() {
    std::vector<fs::path> found;
    for (const auto& entry : fs::directory_iterator(fs::path(BARID_EXAMPLES) / "shop")) {
        const std::string name = entry.path().filename().string();
        if (name.ends_with(".sql") && !name.ends_with("_seed.sql")) found.push_back(entry.path());
    }
    std::ranges::sort(found);
    return found;
}

}  // namespace

void install_shop(const TestDatabase& db, const std::string& owner) {
    const std::string as = owner.empty() ? "" : "SET ROLE " + owner + "; ";
    for (const auto& file : files()) {
        try {
            db.sql(as + contents(file));
        } catch (const std::runtime_error& e) {
            throw std::runtime_error(file.filename().string() + ": " + e.what());
        }
    }
}

void seed_shop(const TestDatabase& db) {
    db.sql(contents(fs::path(BARID_EXAMPLES) / "shop" / "05_seed.sql"));
}

void stock_small_shop(const TestDatabase& db) {
    db.sql(kSmallShop);
}

TestDatabase small_shop() {
    std::string all = kSmallShop;
    for (const auto& file : files()) all += contents(file);
    return TestDatabase(all, [](const TestDatabase& db) {
        install_shop(db);
        stock_small_shop(db);
    });
}

std::string violations(const TestDatabase& db) {
    return db.sql(
        "SELECT string_agg(v.invariant || ': ' || v.detail, E'\\n' ORDER BY v.invariant, "
        "v.detail COLLATE \"C\") FROM "
        "shop.violations() v");
}

}  // namespace barid::support
