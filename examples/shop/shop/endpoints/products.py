"""Products: anybody may look, the admin adds."""

from typing import Annotated

from fastapi import APIRouter, Query, Response

from shop.access import OnlyAdmin, ShopHere
from shop.forms import Limit, NewProduct, ProductId, ProductInPath
from shop.models import Product
from shop.views import ProductsView, ProductView

router = APIRouter(prefix="/products", tags=["products"])


@router.get("", response_model=ProductsView)
def list_products(
    shop: ShopHere, after: Annotated[ProductId | None, Query()] = None, limit: Limit = 50
) -> object:
    """What is for sale, a page at a time."""
    products = shop.store.products.page(after or "", limit)
    return {"products": products, "next": products[-1].id if len(products) == limit else None}


@router.get("/{product_id}", response_model=ProductView)
def show_product(product_id: ProductInPath, shop: ShopHere) -> Product:
    """One product."""
    return shop.store.products.find(product_id)


@router.post("", status_code=201, response_model=ProductView, dependencies=[OnlyAdmin])
def add_product(form: NewProduct, shop: ShopHere, response: Response) -> Product:
    """Sell one more product."""
    product = Product(form.id, form.name, form.price_cents, form.stock)
    shop.store.products.add(product)
    response.headers["Location"] = f"/products/{product.id}"
    return product
