"""The tables, and what a new shop sells."""

from shop.models import Product

TABLES = (
    """
    CREATE TABLE IF NOT EXISTS accounts (
        id TEXT PRIMARY KEY,
        name TEXT NOT NULL,
        key_hash TEXT NOT NULL UNIQUE
    )
    """,
    """
    CREATE TABLE IF NOT EXISTS products (
        id TEXT PRIMARY KEY,
        name TEXT NOT NULL,
        price_cents INTEGER NOT NULL CHECK (price_cents > 0),
        stock INTEGER NOT NULL CHECK (stock >= 0)
    )
    """,
    """
    CREATE TABLE IF NOT EXISTS cart_lines (
        account_id TEXT NOT NULL REFERENCES accounts (id),
        product_id TEXT NOT NULL REFERENCES products (id),
        quantity INTEGER NOT NULL CHECK (quantity > 0),
        PRIMARY KEY (account_id, product_id)
    )
    """,
    """
    CREATE TABLE IF NOT EXISTS orders (
        id TEXT PRIMARY KEY,
        account_id TEXT NOT NULL REFERENCES accounts (id),
        placed_at TEXT NOT NULL,
        idempotency_key TEXT,
        UNIQUE (account_id, idempotency_key)
    )
    """,
    "CREATE INDEX IF NOT EXISTS orders_by_account ON orders (account_id, id)",
    """
    CREATE TABLE IF NOT EXISTS order_lines (
        order_id TEXT NOT NULL REFERENCES orders (id),
        product_id TEXT NOT NULL REFERENCES products (id),
        name TEXT NOT NULL,
        price_cents INTEGER NOT NULL,
        quantity INTEGER NOT NULL CHECK (quantity > 0),
        PRIMARY KEY (order_id, product_id)
    )
    """,
)

FIRST_PRODUCTS = (
    Product("beans", "Coffee beans, 500 g", 1490, 120),
    Product("filter", "Paper filters, 100 pieces", 490, 400),
    Product("grinder", "Hand grinder", 8900, 25),
    Product("kettle", "Gooseneck kettle", 6450, 40),
    Product("mug", "Stoneware mug", 1850, 75),
)
