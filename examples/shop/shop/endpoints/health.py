"""Whether the shop runs, and whether it can serve."""

from fastapi import APIRouter

from shop.access import ShopHere

router = APIRouter(prefix="/health", tags=["health"])


@router.get("/live")
async def live() -> dict[str, str]:
    """The process runs and answers; restart it when this fails."""
    return {"status": "live"}


@router.get("/ready")
async def ready(shop: ShopHere) -> dict[str, str]:
    """The database answers too; send requests elsewhere while this is 503."""
    await shop.database.check()
    return {"status": "ready"}
