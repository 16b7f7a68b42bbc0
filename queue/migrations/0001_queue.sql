CREATE SCHEMA barid;
CREATE TABLE barid.migration (version int PRIMARY KEY, name text NOT NULL, applied_at timestamptz NOT NULL DEFAULT now());
