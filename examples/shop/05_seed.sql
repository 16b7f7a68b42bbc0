-- A boutique to try things with: eight products in English and Arabic, their variants with prices
-- and stock in four places, promotions, customers, and what they wish for. Can be run again.

INSERT INTO shop.customers (id, name, email, phone, locale) VALUES
    ('noura', 'نورة العلي', 'noura@example.com', '+96550000001', 'ar'),
    ('fahad', 'فهد السبيعي', 'fahad@example.com', '+966500000002', 'ar'),
    ('maryam', 'مريم الهاشمي', 'maryam@example.com', '+971500000003', 'ar'),
    ('hessa', 'حصة الخليفة', 'hessa@example.com', '+97330000004', 'ar'),
    ('sam', 'Sam Clark', 'sam@example.com', '+96550000005', 'en'),
    ('priya', 'Priya Nair', 'priya@example.com', '+971500000006', 'en')
ON CONFLICT DO NOTHING;

INSERT INTO shop.products (id, name_en, name_ar, description_en, description_ar) VALUES
    ('rose-box', 'Taif rose gift box', 'صندوق هدايا ورد الطائف',
     'Soap, oil and dried roses from the mountains of Taif, in a box of palm wood.',
     'صابون وزيت وورد مجفف من جبال الطائف، في صندوق من خشب النخيل.'),
    ('oud-box', 'Oud gift box', 'صندوق هدايا العود',
     'Incense, a burner of clay and a small bottle of oud oil.',
     'بخور ومبخرة من الفخار وقارورة صغيرة من دهن العود.'),
    ('ajwa-dates', 'Ajwa dates', 'تمر عجوة',
     'Soft dark dates of Medina, in a tin.', 'تمر المدينة الداكن الطري، في علبة معدنية.'),
    ('coffee-set', 'Coffee set', 'طقم قهوة',
     'A dallah and six cups, with cardamom coffee.', 'دلة وستة فناجين، مع قهوة بالهيل.'),
    ('new-baby', 'Box for a new baby', 'صندوق المولود الجديد',
     'A blanket, a silver spoon and a card that you write.',
     'بطانية وملعقة فضية وبطاقة تكتبها بنفسك.'),
    ('eid-sweets', 'Eid sweets', 'حلويات العيد',
     'Maamoul with dates, pistachios and walnuts.', 'معمول بالتمر والفستق والجوز.'),
    ('prayer-set', 'Prayer set', 'طقم صلاة',
     'A rug, beads and a bag to carry them.', 'سجادة ومسبحة وحقيبة لحملهما.'),
    ('gift-wrap', 'Gift wrap', 'تغليف هدية',
     'Paper, ribbon and a handwritten card.', 'ورق وشريط وبطاقة مكتوبة بخط اليد.')
ON CONFLICT DO NOTHING;

INSERT INTO shop.variants (id, product_id, name_en, name_ar) VALUES
    ('ROSE-S', 'rose-box', 'Small', 'صغير'), ('ROSE-L', 'rose-box', 'Large', 'كبير'),
    ('OUD-S', 'oud-box', 'Small', 'صغير'), ('OUD-L', 'oud-box', 'Large', 'كبير'),
    ('AJWA-500', 'ajwa-dates', '500 g', '500 غرام'), ('AJWA-1000', 'ajwa-dates', '1 kg', '1 كغ'),
    ('COFFEE', 'coffee-set', '', ''),
    ('BABY-BLUE', 'new-baby', 'Blue', 'أزرق'), ('BABY-PINK', 'new-baby', 'Pink', 'وردي'),
    ('SWEETS', 'eid-sweets', '', ''), ('PRAYER', 'prayer-set', '', ''),
    ('WRAP', 'gift-wrap', '', '')
ON CONFLICT DO NOTHING;

-- In fils of Kuwait; the other places' prices follow, rounded to what a price looks like there.
INSERT INTO shop.prices (variant_id, location_id, amount_minor)
SELECT v.id, l.id, CASE l.id WHEN 'KW' THEN v.fils
                             WHEN 'BH' THEN round(v.fils * 1.23 / 50) * 50
                             ELSE round(v.fils * 12 / 1000.0) * 100 END
FROM shop.locations l,
     (VALUES ('ROSE-S', 7500), ('ROSE-L', 12500), ('OUD-S', 9750), ('OUD-L', 18500),
             ('AJWA-500', 3250), ('AJWA-1000', 5950), ('COFFEE', 22000), ('BABY-BLUE', 14500),
             ('BABY-PINK', 14500), ('SWEETS', 4750), ('PRAYER', 8900), ('WRAP', 750))
         v (id, fils)
ON CONFLICT DO NOTHING;

-- Few of some, so that the last piece can be fought for, and none of one.
INSERT INTO shop.stock (variant_id, location_id, total, available)
SELECT v.id, l.id, n.pieces, n.pieces
FROM shop.variants v CROSS JOIN shop.locations l
CROSS JOIN LATERAL (SELECT CASE WHEN v.id = 'OUD-L' AND l.id = 'KW' THEN 0
                                WHEN v.id IN ('OUD-L', 'COFFEE') THEN 3
                                WHEN v.id = 'WRAP' THEN 500 ELSE 25 END AS pieces) n
ON CONFLICT DO NOTHING;

INSERT INTO shop.promos (id, percent, max_uses, valid_until) VALUES
    ('WELCOME', 10, NULL, NULL), ('EID20', 20, 100, now() + interval '90 days'),
    ('FRIENDS', 100, 3, NULL)
ON CONFLICT DO NOTHING;

SELECT shop.wish_add('noura', 'OUD-L', 'KW', true), shop.wish_add('noura', 'ROSE-S', 'KW'),
       shop.wish_add('sam', 'OUD-L', 'KW', true), shop.wish_add('maryam', 'COFFEE', 'AE');
