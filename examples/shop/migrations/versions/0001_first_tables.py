"""The first tables, and what a new shop sells."""

from alembic import op

revision = "0001"
down_revision = None

TABLES = (
    """
    CREATE TABLE accounts (
        id TEXT PRIMARY KEY,
        name TEXT NOT NULL,
        key_hash TEXT NOT NULL UNIQUE
    )
    """,
    """
    CREATE TABLE products (
        id TEXT PRIMARY KEY,
        name TEXT NOT NULL,
        price_cents INTEGER NOT NULL CHECK (price_cents > 0),
        stock INTEGER NOT NULL CHECK (stock >= 0)
    )
    """,
    """
    CREATE TABLE cart_lines (
        account_id TEXT NOT NULL REFERENCES accounts (id),
        product_id TEXT NOT NULL REFERENCES products (id),
        quantity INTEGER NOT NULL CHECK (quantity > 0),
        PRIMARY KEY (account_id, product_id)
    )
    """,
    """
    CREATE TABLE orders (
        id TEXT PRIMARY KEY,
        account_id TEXT NOT NULL REFERENCES accounts (id),
        placed_at TIMESTAMPTZ NOT NULL,
        idempotency_key TEXT,
        UNIQUE (account_id, idempotency_key)
    )
    """,
    "CREATE INDEX orders_by_account ON orders (account_id, id)",
    """
    CREATE TABLE order_lines (
        order_id TEXT NOT NULL REFERENCES orders (id),
        product_id TEXT NOT NULL REFERENCES products (id),
        name TEXT NOT NULL,
        price_cents INTEGER NOT NULL,
        quantity INTEGER NOT NULL CHECK (quantity > 0),
        PRIMARY KEY (order_id, product_id)
    )
    """,
)

FIRST_PRODUCTS = """
    INSERT INTO products (id, name, price_cents, stock) VALUES
        ('beans', 'Coffee beans, 500 g', 1490, 120),
        ('filter', 'Paper filters, 100 pieces', 490, 400),
        ('grinder', 'Hand grinder', 8900, 25),
        ('kettle', 'Gooseneck kettle', 6450, 40),
        ('mug', 'Stoneware mug', 1850, 75)
"""


def upgrade() -> None:
    """Make the tables, and put the first products on sale."""
    for statement in (*TABLES, FIRST_PRODUCTS):
        op.execute(statement)


def downgrade() -> None:
    """Delete everything."""
    for table in ("order_lines", "orders", "cart_lines", "products", "accounts"):
        op.drop_table(table)
