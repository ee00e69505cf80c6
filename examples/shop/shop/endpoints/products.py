"""Products: anybody may look, the admin adds."""

from collections.abc import Callable
from typing import Annotated

from fastapi import APIRouter, Query, Response

from shop.access import OnlyAdmin, Shop, ShopHere
from shop.forms import Limit, NewProduct, ProductId, ProductInPath
from shop.models import Product
from shop.views import ProductsView, ProductView, View

router = APIRouter(prefix="/products", tags=["products"])


@router.get("", response_model=ProductsView)
def list_products(
    shop: ShopHere, after: Annotated[ProductId | None, Query()] = None, limit: Limit = 50
) -> Response:
    """What is for sale, a page at a time."""

    def page() -> ProductsView:
        found = shop.store.products.page(after or "", limit)
        products = [ProductView.model_validate(product) for product in found]
        return ProductsView(
            products=products, next=products[-1].id if len(products) == limit else None
        )

    return _kept(shop, f"products?after={after or ''}&limit={limit}", page)


@router.get("/{product_id}", response_model=ProductView)
def show_product(product_id: ProductInPath, shop: ShopHere) -> Response:
    """One product."""

    def product() -> ProductView:
        return ProductView.model_validate(shop.store.products.find(product_id))

    return _kept(shop, f"products/{product_id}", product)


@router.post("", status_code=201, response_model=ProductView, dependencies=[OnlyAdmin])
def add_product(form: NewProduct, shop: ShopHere, response: Response) -> Product:
    """Sell one more product."""
    product = Product(form.id, form.name, form.price_cents, form.stock)
    shop.store.products.add(product)
    shop.cache.forget()
    response.headers["Location"] = f"/products/{product.id}"
    return product


def _kept(shop: Shop, name: str, view: Callable[[], View]) -> Response:
    body, cache = shop.cache.answer(name, lambda: view().model_dump_json().encode())
    return Response(body, media_type="application/json", headers={"X-Cache": cache})
