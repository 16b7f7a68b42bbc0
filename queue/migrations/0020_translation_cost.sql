-- What each translation provider was given and cost, by day.
SELECT 1;
