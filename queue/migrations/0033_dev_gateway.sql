-- A payment gateway for development: invoices are rows, and whoever plays the customer pays them by
-- SQL. [payment.NAME] with country = "dev" asks here, and no money moves.

CREATE TABLE barid.dev_invoice (
    id           text PRIMARY KEY CHECK (length(id) BETWEEN 1 AND 128),
    gateway      text NOT NULL CHECK (length(gateway) BETWEEN 1 AND 40),
    reference    text NOT NULL CHECK (length(reference) BETWEEN 1 AND 256),
    amount_minor bigint NOT NULL CHECK (amount_minor >= 0),
    currency     text NOT NULL CHECK (currency ~ '^[A-Z]{3}$'),
    state        text NOT NULL DEFAULT 'pending' CHECK (state IN ('pending', 'paid', 'canceled')),
    payment_id   text CHECK (length(payment_id) BETWEEN 1 AND 128),
    created_at   timestamptz NOT NULL DEFAULT now(),
    CHECK ((state = 'paid') = (payment_id IS NOT NULL))
);
CREATE INDEX dev_invoice_reference ON barid.dev_invoice (gateway, reference);
CREATE INDEX dev_invoice_payment ON barid.dev_invoice (gateway, payment_id);

CREATE TABLE barid.dev_refund (
    id           bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    invoice_id   text NOT NULL REFERENCES barid.dev_invoice ON DELETE CASCADE,
    amount_minor bigint NOT NULL CHECK (amount_minor > 0),
    reference    text NOT NULL CHECK (length(reference) <= 256),
    created_at   timestamptz NOT NULL DEFAULT now()
);
CREATE INDEX dev_refund_invoice ON barid.dev_refund (invoice_id);

-- Makes an invoice, as a backend would have the gateway make one, and returns its id.
CREATE FUNCTION barid.dev_invoice(gateway text, reference text, amount_minor bigint, currency text)
    RETURNS text
    LANGUAGE sql SECURITY DEFINER SET search_path = pg_catalog, barid, pg_temp AS $$
    INSERT INTO barid.dev_invoice (id, gateway, reference, amount_minor, currency)
    VALUES ('dev-' || gen_random_uuid(), dev_invoice.gateway, dev_invoice.reference,
            dev_invoice.amount_minor, dev_invoice.currency)
    RETURNING id
$$;

-- The customer pays; false when it is paid or canceled already.
CREATE FUNCTION barid.dev_pay(invoice_id text) RETURNS boolean
    LANGUAGE sql SECURITY DEFINER SET search_path = pg_catalog, barid, pg_temp AS $$
    WITH paid AS (
        UPDATE barid.dev_invoice i SET state = 'paid', payment_id = 'pay-' || gen_random_uuid()
        WHERE i.id = dev_pay.invoice_id AND i.state = 'pending' RETURNING 1)
    SELECT EXISTS (SELECT FROM paid)
$$;

GRANT SELECT ON barid.dev_invoice, barid.dev_refund TO barid_readonly;
GRANT SELECT, INSERT, UPDATE ON barid.dev_invoice, barid.dev_refund TO barid_worker;
GRANT EXECUTE ON FUNCTION barid.dev_invoice(text, text, bigint, text), barid.dev_pay(text)
    TO barid_producer;
