-- Translation attached to the shop's own tables, catalogues in bulk, and the review queue.
SELECT 1;
