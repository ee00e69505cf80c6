-- The statements of one order of two products, as the shop sends them.
\set account random(1, 50)
\set first random(1, 99)
\set second random(:first + 1, 100)
SELECT id AS account_id FROM accounts WHERE key_hash = 'bench-' || :account \gset
BEGIN;
INSERT INTO orders (id, account_id, placed_at)
    VALUES (gen_random_uuid(), :account_id, now())
    ON CONFLICT (account_id, idempotency_key) DO NOTHING RETURNING id AS order_id \gset
UPDATE products SET stock = stock - 1 WHERE id = 'bench-' || :first AND stock >= 1
    RETURNING id AS first_id, name AS first_name, price_cents AS first_price \gset
UPDATE products SET stock = stock - 1 WHERE id = 'bench-' || :second AND stock >= 1
    RETURNING id AS second_id, name AS second_name, price_cents AS second_price \gset
INSERT INTO order_lines (order_id, product_id, name, price_cents, quantity) VALUES
    (:order_id, :first_id, :first_name, :first_price, 1),
    (:order_id, :second_id, :second_name, :second_price, 1);
COMMIT;
