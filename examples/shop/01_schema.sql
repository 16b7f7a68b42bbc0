-- The tables of a shop: customers, products in English and Arabic, stock in several places,
-- promotions, orders, attempts to pay them, charges and refunds. What Barid has to know of them it
-- learns from the functions in 03_contract.sql (docs/commerce.md).
--
-- Amounts are bigint in the currency's smallest unit. Ids are text, compared byte by byte, so that
-- everybody who locks by id locks in the same order, whatever the database's language is.
--
-- Stock and promotions are ledgers: a row says what an order holds, and each change of a counter
-- follows from a change of such a row's state. Doing it again finds no row to change.

CREATE SCHEMA IF NOT EXISTS shop;
CREATE SCHEMA IF NOT EXISTS barid_shop;

CREATE TABLE shop.customers (
    id         text COLLATE "C" PRIMARY KEY DEFAULT gen_random_uuid()::text
        CHECK (octet_length(id) BETWEEN 1 AND 128),
    name       text NOT NULL,
    email      text,
    phone      text,
    locale     text NOT NULL DEFAULT 'en' CHECK (locale IN ('en', 'ar')),
    created_at timestamptz NOT NULL DEFAULT now()
);

-- Where goods are sold from: its currency, and how many decimals that has.
CREATE TABLE shop.locations (
    id       text COLLATE "C" PRIMARY KEY CHECK (octet_length(id) BETWEEN 1 AND 40),
    name_en  text NOT NULL,
    name_ar  text NOT NULL,
    currency text NOT NULL CHECK (currency ~ '^[A-Z]{3}$'),
    exponent int NOT NULL CHECK (exponent BETWEEN 0 AND 4)
);
INSERT INTO shop.locations (id, name_en, name_ar, currency, exponent) VALUES
    ('KW', 'Kuwait', 'الكويت', 'KWD', 3),
    ('SA', 'Saudi Arabia', 'السعودية', 'SAR', 2),
    ('AE', 'United Arab Emirates', 'الإمارات', 'AED', 2),
    ('BH', 'Bahrain', 'البحرين', 'BHD', 3);

CREATE TABLE shop.products (
    id             text COLLATE "C" PRIMARY KEY DEFAULT gen_random_uuid()::text
        CHECK (octet_length(id) BETWEEN 1 AND 128),
    name_en        text NOT NULL,
    name_ar        text NOT NULL,
    description_en text NOT NULL DEFAULT '',
    description_ar text NOT NULL DEFAULT '',
    created_at     timestamptz NOT NULL DEFAULT now()
);

-- What is in the basket: a size, a colour. Its id is the SKU.
CREATE TABLE shop.variants (
    id         text COLLATE "C" PRIMARY KEY CHECK (octet_length(id) BETWEEN 1 AND 80),
    product_id text COLLATE "C" NOT NULL REFERENCES shop.products,
    name_en    text NOT NULL DEFAULT '',
    name_ar    text NOT NULL DEFAULT ''
);
CREATE INDEX ON shop.variants (product_id);

CREATE TABLE shop.prices (
    variant_id   text COLLATE "C" NOT NULL REFERENCES shop.variants,
    location_id  text COLLATE "C" NOT NULL REFERENCES shop.locations,
    amount_minor bigint NOT NULL CHECK (amount_minor >= 0),
    PRIMARY KEY (variant_id, location_id)
);

-- available + held + committed = total. `total` changes when goods come in, and by nothing else
-- (shop.receive_stock).
CREATE TABLE shop.stock (
    variant_id  text COLLATE "C" NOT NULL REFERENCES shop.variants,
    location_id text COLLATE "C" NOT NULL REFERENCES shop.locations,
    total       bigint NOT NULL CHECK (total >= 0),
    available   bigint NOT NULL CHECK (available >= 0),
    held        bigint NOT NULL DEFAULT 0 CHECK (held >= 0),       -- by orders not yet paid
    committed   bigint NOT NULL DEFAULT 0 CHECK (committed >= 0),  -- by orders that were placed
    PRIMARY KEY (variant_id, location_id)
) WITH (fillfactor = 70);

-- `used` counts the uses that are held or used. NULL max_uses: as often as one likes.
CREATE TABLE shop.promos (
    id          text COLLATE "C" PRIMARY KEY CHECK (octet_length(id) BETWEEN 1 AND 80),
    percent     int NOT NULL CHECK (percent BETWEEN 1 AND 100),
    max_uses    int CHECK (max_uses >= 0),
    used        int NOT NULL DEFAULT 0 CHECK (used >= 0 AND used <= max_uses),
    valid_until timestamptz
) WITH (fillfactor = 70);

-- PENDING: not paid yet; its goods are held. PAID: paid and placed. PLACED: placed without having
-- been paid through a gateway (cash on delivery, a total of zero, confirmed by a person).
CREATE TABLE shop.orders (
    id             text COLLATE "C" PRIMARY KEY DEFAULT gen_random_uuid()::text
        CHECK (octet_length(id) BETWEEN 1 AND 128),
    customer_id    text COLLATE "C" NOT NULL REFERENCES shop.customers,
    location_id    text COLLATE "C" NOT NULL REFERENCES shop.locations,
    status         text NOT NULL DEFAULT 'PENDING'
        CHECK (status IN ('PENDING', 'PAID', 'PLACED', 'CANCELLED')),
    payment_method text NOT NULL CHECK (payment_method IN ('card', 'cod', 'manual')),
    promo_id       text COLLATE "C" REFERENCES shop.promos,
    subtotal_minor bigint NOT NULL CHECK (subtotal_minor >= 0),
    discount_minor bigint NOT NULL DEFAULT 0,
    total_minor    bigint NOT NULL CHECK (total_minor >= 0),
    currency       text NOT NULL CHECK (currency ~ '^[A-Z]{3}$'),
    created_by     text NOT NULL DEFAULT 'customer',  -- or the name of whoever made it for them
    created_at     timestamptz NOT NULL DEFAULT now(),
    expires_at     timestamptz,
    paid_at        timestamptz,
    cancelled_at   timestamptz,
    cancelled_by   text,           -- 'expiry', 'customer', or a person's name
    cancel_evidence bigint,        -- what the gateway had said before it expired
    CHECK (total_minor = subtotal_minor - discount_minor),
    CHECK (discount_minor BETWEEN 0 AND subtotal_minor)
);
CREATE INDEX orders_expirable ON shop.orders (id)
    INCLUDE (expires_at) WHERE status = 'PENDING' AND payment_method = 'card';
CREATE INDEX ON shop.orders (customer_id);

CREATE TABLE shop.order_lines (
    order_id     text COLLATE "C" NOT NULL REFERENCES shop.orders,
    variant_id   text COLLATE "C" NOT NULL REFERENCES shop.variants,
    quantity     bigint NOT NULL CHECK (quantity > 0),
    amount_minor bigint NOT NULL CHECK (amount_minor >= 0),  -- of one piece, when it was ordered
    name_en      text NOT NULL,                              -- and its names then
    name_ar      text NOT NULL,
    PRIMARY KEY (order_id, variant_id)
);

-- What each order holds of the stock. At most one row of an order and variant is live.
CREATE TABLE shop.reservations (
    id          bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    order_id    text COLLATE "C" NOT NULL REFERENCES shop.orders,
    variant_id  text COLLATE "C" NOT NULL,
    location_id text COLLATE "C" NOT NULL,
    quantity    bigint NOT NULL CHECK (quantity > 0),
    state       text NOT NULL DEFAULT 'held' CHECK (state IN ('held', 'committed', 'released')),
    created_at  timestamptz NOT NULL DEFAULT now(),
    changed_at  timestamptz NOT NULL DEFAULT now(),
    FOREIGN KEY (variant_id, location_id) REFERENCES shop.stock
);
CREATE INDEX ON shop.reservations (order_id);
CREATE UNIQUE INDEX reservations_live ON shop.reservations (order_id, variant_id, location_id)
    WHERE state <> 'released';

CREATE TABLE shop.promo_uses (
    id         bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    order_id   text COLLATE "C" NOT NULL REFERENCES shop.orders,
    promo_id   text COLLATE "C" NOT NULL REFERENCES shop.promos,
    state      text NOT NULL DEFAULT 'held' CHECK (state IN ('held', 'used', 'released')),
    created_at timestamptz NOT NULL DEFAULT now(),
    changed_at timestamptz NOT NULL DEFAULT now()
);
CREATE INDEX ON shop.promo_uses (order_id);
CREATE UNIQUE INDEX promo_uses_live ON shop.promo_uses (order_id) WHERE state <> 'released';

-- What the warehouse works from: an order is here once, or not at all.
CREATE TABLE shop.placements (
    order_id  text COLLATE "C" PRIMARY KEY REFERENCES shop.orders,
    source    text NOT NULL,  -- what placed it: 'callback', 'webhook', 'reconcile', 'cod', …
    placed_at timestamptz NOT NULL DEFAULT now()
);

-- Tries to pay an order through a gateway, with the states of docs/commerce.md.
CREATE SEQUENCE shop.fence;
CREATE TABLE shop.attempts (
    id            text COLLATE "C" PRIMARY KEY DEFAULT gen_random_uuid()::text
        CHECK (octet_length(id) BETWEEN 1 AND 128),
    order_id      text COLLATE "C" NOT NULL REFERENCES shop.orders,
    gateway       text NOT NULL,
    state         text NOT NULL DEFAULT 'CREATED'
        CHECK (state IN ('CREATED', 'EXECUTING', 'SUBMITTED', 'UNKNOWN', 'PAID', 'FAILED')),
    reference     text COLLATE "C" NOT NULL UNIQUE,  -- what the gateway is told it is for
    invoice_id    text COLLATE "C",                  -- what the gateway calls it
    payment_id    text COLLATE "C",
    amount_minor  bigint NOT NULL CHECK (amount_minor > 0),
    currency      text NOT NULL CHECK (currency ~ '^[A-Z]{3}$'),
    body          jsonb NOT NULL DEFAULT '{}',       -- what the gateway wants besides
    fence         bigint,
    claimed_until timestamptz,
    executions    int NOT NULL DEFAULT 0,
    error         text,
    evidence_id   bigint,
    created_at    timestamptz NOT NULL DEFAULT now(),
    changed_at    timestamptz NOT NULL DEFAULT clock_timestamp(),
    CHECK (state <> 'EXECUTING' OR (fence IS NOT NULL AND claimed_until IS NOT NULL))
);
CREATE INDEX ON shop.attempts (order_id);
CREATE INDEX attempts_open ON shop.attempts (id)
    INCLUDE (created_at) WHERE state IN ('SUBMITTED', 'UNKNOWN');
CREATE INDEX attempts_claimed ON shop.attempts (claimed_until) WHERE state = 'EXECUTING';
CREATE UNIQUE INDEX ON shop.attempts (gateway, invoice_id) WHERE invoice_id IS NOT NULL;
CREATE INDEX ON shop.attempts (gateway, payment_id) WHERE payment_id IS NOT NULL;

-- Each time that money arrived, once: it placed its order, or has to go back, or waits for a person
-- to say what it is (`held`: another amount or currency than was asked for).
CREATE TABLE shop.charges (
    id           bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    gateway      text NOT NULL,
    payment_id   text COLLATE "C" NOT NULL,
    order_id     text COLLATE "C" NOT NULL REFERENCES shop.orders,
    attempt_id   text COLLATE "C" NOT NULL REFERENCES shop.attempts,
    amount_minor bigint NOT NULL,
    currency     text NOT NULL,
    disposition  text NOT NULL CHECK (disposition IN ('placed', 'refund_due', 'held')),
    reason       text NOT NULL DEFAULT '',
    source       text NOT NULL,
    evidence_id  bigint,
    created_at   timestamptz NOT NULL DEFAULT clock_timestamp(),
    UNIQUE (gateway, payment_id)
);
CREATE INDEX ON shop.charges (order_id);
CREATE UNIQUE INDEX charges_placed ON shop.charges (order_id) WHERE disposition = 'placed';

CREATE TABLE shop.refunds (
    id                text COLLATE "C" PRIMARY KEY DEFAULT gen_random_uuid()::text
        CHECK (octet_length(id) BETWEEN 1 AND 128),
    charge_id         bigint NOT NULL UNIQUE REFERENCES shop.charges,
    order_id          text COLLATE "C" NOT NULL REFERENCES shop.orders,
    gateway           text NOT NULL,
    state             text NOT NULL DEFAULT 'DUE' CHECK (state IN
        ('DUE', 'REQUESTING', 'REQUESTED', 'UNKNOWN', 'REFUNDED', 'REJECTED')),
    payment_id        text COLLATE "C" NOT NULL,
    amount_minor      bigint NOT NULL CHECK (amount_minor > 0),
    currency          text NOT NULL,
    reason            text NOT NULL,
    gateway_refund_id text,
    fence             bigint,
    claimed_until     timestamptz,
    executions        int NOT NULL DEFAULT 0,
    error             text,
    evidence_id       bigint,
    created_at        timestamptz NOT NULL DEFAULT now(),
    changed_at        timestamptz NOT NULL DEFAULT clock_timestamp(),
    CHECK (state <> 'REQUESTING' OR (fence IS NOT NULL AND claimed_until IS NOT NULL))
);
CREATE INDEX ON shop.refunds (order_id);
CREATE INDEX refunds_open ON shop.refunds (id) WHERE state IN ('DUE', 'REQUESTED', 'UNKNOWN');
CREATE INDEX refunds_claimed ON shop.refunds (claimed_until) WHERE state = 'REQUESTING';

-- Each time that an order's status was written, by a trigger: a witness that the functions can't
-- talk into anything. The oracles read it.
CREATE TABLE shop.order_history (
    id          bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    order_id    text COLLATE "C" NOT NULL,
    from_status text,
    to_status   text NOT NULL,
    changed_at  timestamptz NOT NULL DEFAULT clock_timestamp()
);
CREATE INDEX ON shop.order_history (order_id);

CREATE FUNCTION shop.witness_order() RETURNS trigger
    LANGUAGE plpgsql SET search_path = pg_catalog, shop, pg_temp AS $$
BEGIN
    INSERT INTO shop.order_history (order_id, from_status, to_status)
    VALUES (NEW.id, CASE WHEN TG_OP = 'UPDATE' THEN OLD.status END, NEW.status);
    RETURN NULL;
END $$;
CREATE TRIGGER witness AFTER INSERT OR UPDATE OF status ON shop.orders
    FOR EACH ROW EXECUTE FUNCTION shop.witness_order();
