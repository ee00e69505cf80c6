"""The caller's cart."""

from fastapi import APIRouter

from shop.access import Caller, ShopHere
from shop.forms import CartItem, CartQuantity, ProductInPath
from shop.models import Cart
from shop.store import carts
from shop.views import CartView

router = APIRouter(prefix="/cart", tags=["cart"])


@router.get("", response_model=CartView)
async def show_cart(account: Caller, shop: ShopHere) -> Cart:
    """What is in the cart, at today's prices."""
    return await shop.database.read(carts.find, account.id)


@router.post("", response_model=CartView)
async def add_to_cart(form: CartItem, account: Caller, shop: ShopHere) -> Cart:
    """Put so many more of a product into the cart."""
    return await shop.database.write(carts.add, account.id, form.product_id, form.quantity)


@router.put("/{product_id}", response_model=CartView)
async def set_in_cart(
    product_id: ProductInPath, form: CartQuantity, account: Caller, shop: ShopHere
) -> Cart:
    """Have exactly so many of a product in the cart."""
    return await shop.database.write(carts.put, account.id, product_id, form.quantity)


@router.delete("/{product_id}", status_code=204)
async def remove_from_cart(product_id: ProductInPath, account: Caller, shop: ShopHere) -> None:
    """Take a product out of the cart."""
    await shop.database.write(carts.remove, account.id, product_id)
