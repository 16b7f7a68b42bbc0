-- A source picture becomes a set of web-sized variants. The source is a path below one of
-- media.allowed_roots, as here, or {"url": …}, or {"store_key": …}.
SELECT barid.enqueue('image.process', '{
    "source": {"path": "mug.png"}, "entity": "product:42"
}');

-- Other widths and formats than the configured ones.
SELECT barid.enqueue('image.process', '{
    "source": {"path": "dunes.png"}, "entity": "banner:summer",
    "widths": [320, 640], "formats": ["webp", "jpeg"]
}');

-- What the shop reads: one row a file, or everything as JSON with a ready srcset. Nothing is here
-- before all of it is.
SELECT width, height, format, bytes, url FROM barid.media_pictures
WHERE entity = 'product:42' ORDER BY format, width;
SELECT barid.media('banner:summer');
