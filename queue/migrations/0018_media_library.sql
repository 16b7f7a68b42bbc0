-- Pictures: what is kept of a source, how sets are replaced, deleted and collected.
SELECT 1;
