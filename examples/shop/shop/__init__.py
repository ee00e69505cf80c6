"""A small web shop: accounts, products, carts and orders over HTTP."""
