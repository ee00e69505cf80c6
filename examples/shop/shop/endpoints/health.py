"""Whether the shop runs, and whether it can serve."""

from fastapi import APIRouter

from shop.access import ShopHere

router = APIRouter(prefix="/health", tags=["health"])


@router.get("/live")
async def live() -> dict[str, str]:
    """The process runs and answers; restart it when this fails."""
    return {"status": "live"}


@router.get("/ready")
def ready(shop: ShopHere) -> dict[str, str]:
    """The storage answers too; send requests elsewhere while this is 503."""
    shop.store.check()
    return {"status": "ready"}
