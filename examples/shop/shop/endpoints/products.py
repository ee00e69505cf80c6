"""Products: anybody may look, the admin adds."""

from collections.abc import Awaitable, Callable
from typing import Annotated

from fastapi import APIRouter, Query, Response

from shop.access import OnlyAdmin, Shop, ShopHere
from shop.forms import Limit, NewProduct, ProductId, ProductInPath
from shop.models import Product
from shop.store import products
from shop.views import ProductsView, ProductView, View

router = APIRouter(prefix="/products", tags=["products"])


@router.get("", response_model=ProductsView)
async def list_products(
    shop: ShopHere, after: Annotated[ProductId | None, Query()] = None, limit: Limit = 50
) -> Response:
    """What is for sale, a page at a time."""

    async def page() -> ProductsView:
        found = await shop.database.read(products.page, after or "", limit)
        views = [ProductView.model_validate(product) for product in found]
        return ProductsView(products=views, next=views[-1].id if len(views) == limit else None)

    return await _kept(shop, f"products?after={after or ''}&limit={limit}", page)


@router.get("/{product_id}", response_model=ProductView)
async def show_product(product_id: ProductInPath, shop: ShopHere) -> Response:
    """One product."""

    async def product() -> ProductView:
        return ProductView.model_validate(await shop.database.read(products.find, product_id))

    return await _kept(shop, f"products/{product_id}", product)


@router.post("", status_code=201, response_model=ProductView, dependencies=[OnlyAdmin])
async def add_product(form: NewProduct, shop: ShopHere, response: Response) -> Product:
    """Sell one more product."""
    product = await shop.database.write(products.add, **form.model_dump())
    await shop.cache.forget()
    response.headers["Location"] = f"/products/{product.id}"
    return product


async def _kept(shop: Shop, name: str, view: Callable[[], Awaitable[View]]) -> Response:
    async def made() -> bytes:
        return (await view()).model_dump_json().encode()

    body, cache = await shop.cache.answer(name, made)
    return Response(body, media_type="application/json", headers={"X-Cache": cache})
