-- What the jobs about a shop's money, stock and events share: the role that they have in the shop's
-- schema, the notices to its customers, and their schedules. Contract: docs/commerce.md.

DO $$
BEGIN
    BEGIN
        CREATE ROLE barid_commerce NOLOGIN;
    EXCEPTION WHEN duplicate_object OR unique_violation THEN
        NULL;  -- roles belong to the whole cluster
    END;
    BEGIN
        GRANT barid_commerce TO barid_worker;
    EXCEPTION WHEN unique_violation THEN
        NULL;  -- another database's migration did so at this moment
    END;
    IF NOT (SELECT r.rolsuper FROM pg_roles r WHERE r.rolname = current_user) THEN
        EXECUTE format('GRANT barid_commerce TO %I', current_user);
    END IF;
END $$;
