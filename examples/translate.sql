-- Product texts into Arabic: what people translated before, then a machine if one is configured,
-- else a person.

-- What a person translated serves every product with the very same text.
SELECT barid.set_translation('product', '42', 'name', 'ar', 'كوب سيراميك أبيض', 'White ceramic mug');

SELECT barid.enqueue('translate.content', '{
    "entity_type": "product", "entity_id": "43", "source": "en", "target": "ar",
    "fields": {
        "name": "White ceramic mug",
        "description": {"html": "<p>Holds <b>350 ml</b>. Dishwasher safe.</p>"}
    }
}');

-- What the shop shows.
SELECT field, text, origin, stale FROM barid.translations
WHERE entity_type = 'product' AND entity_id = '43' AND lang = 'ar';

-- What waits for a person, who answers with barid.approve_translation(id, text).
SELECT id, field, source_text, suggestion, reason FROM barid.translation_reviews
WHERE state = 'open' ORDER BY id;
