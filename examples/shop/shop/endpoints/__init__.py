"""The endpoints, a file for each noun."""

from shop.endpoints import accounts, cart, health, orders, products

ROUTERS = (health.router, accounts.router, products.router, cart.router, orders.router)
