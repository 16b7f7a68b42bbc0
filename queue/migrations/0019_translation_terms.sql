-- Glossary, terms that stay as they are, and what resembles a text in the memory.
SELECT 1;
