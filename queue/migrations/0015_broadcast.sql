-- Filled by what follows.
SELECT 1;
