"""What a restored database is looked at for. Each look is a finding; an error is one that does not
hold, never a look that was skipped."""

from datetime import datetime, timedelta

from uz.backups.comparing import compare
from uz.backups.finding import Finding
from uz.backups.point import Point
from uz.backups.target import told
from uz.targets.local.backups.canary import around
from uz.targets.local.backups.consistency import consistent
from uz.targets.local.backups.contents import contents
from uz.targets.local.backups.looks import short, tried
from uz.targets.local.backups.session import Asks
from uz.targets.local.backups.wholeness import checksums, undamaged

SLACK = timedelta(seconds=20)
"""How much later than it is due the canary's next row may be: the log is cut, sent and waited for
between two."""
__all__ = ["as_then", "canaried", "checksums", "compared", "consistent", "undamaged"]


def compared(ask: Asks, point: Point) -> Finding:
    """Compare with a restore point, to which the database was restored: exactly."""

    def look() -> Finding:
        wrong = compare(point, contents(ask))
        rows = sum(one.rows for one in point.tables.values())
        about = f"{len(point.tables)} tables with {rows} rows, {len(point.objects)} definitions"
        if not point.tables.keys() - {"pg_catalog.pg_largeobject"}:
            wrong = (*wrong, "the source had no table when the point was recorded")
        if point.left_out:
            about += f"; not compared: {short(f'{k} ({v})' for k, v in point.left_out.items())}"
        figures = {"tables": len(point.tables), "rows": rows, "differences": len(wrong)}
        return Finding("point", not wrong, short(wrong) or f"as recorded: {about}", figures)

    return tried("point", look)


def as_then(ask: Asks, moment: datetime, row: datetime) -> Finding:
    """See that a database restored to a moment has the row that was the newest then, and none
    later."""

    def look() -> Finding:
        found = around(ask, moment)
        here = "none" if found.before is None else told(found.before)
        if found.after:
            here += f", and one of {told(found.after)}"
        held = found.before == row and found.after is None
        said = f"restored to {told(moment)}: the newest row then was of {told(row)}"
        return Finding("moment", held, said if held else f"{said}, and here it is of {here}")

    return tried("moment", look)


def canaried(ask: Asks, moment: datetime, interval: timedelta) -> Finding:
    """See that a database restored to a moment holds what was written until then, and no more.

    `interval`: how often the canary is written.
    """

    def look() -> Finding:
        found = around(ask, moment)
        if found.after:
            return Finding(
                "moment",
                False,
                f"restored to {told(moment)}, and has what is of {told(found.after)}",
            )
        if not found.before:
            return Finding("moment", False, f"nothing was written before {told(moment)}")
        gap = (moment - found.before).total_seconds()
        bound = (interval + SLACK).total_seconds()
        return Finding(
            "moment",
            gap <= bound,
            f"restored to {told(moment)}: the newest row is {gap:.1f} s older, {bound:g} s may be",
            {"gap_seconds": round(gap, 3)},
        )

    return tried("moment", look)
