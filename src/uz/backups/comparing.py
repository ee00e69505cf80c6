"""A restored database compared with what its source held: the differences, in words."""

from collections.abc import Mapping

from uz.backups.counting import Contents
from uz.backups.point import Point, Table
from uz.backups.structure import digest


def compare(point: Point, found: Contents) -> tuple[str, ...]:
    """What is not as it was, a line each; nothing where all is.

    Tables that the point left out are not looked at: say with the result which these are.
    """
    return (
        *_tables(point, found),
        *_objects(point, found.objects),
    )


def _tables(point: Point, found: Contents) -> list[str]:
    lines = []
    for name, was in point.tables.items():
        if name in found.left_out:
            lines.append(f"{name}: cannot be counted: {found.left_out[name]}")
        elif name not in found.tables:
            lines.append(f"{name}: the table is missing, which had {_rows(was.rows)}")
        elif difference := _difference(was, found.tables[name]):
            lines.append(f"{name}: {difference}")
    known = point.tables.keys() | point.left_out.keys()
    more = (found.tables.keys() | found.left_out.keys()) - known
    return lines + [f"{name}: a table that the source did not have" for name in sorted(more)]


def _difference(was: Table, now: Table) -> str:
    """How a table's rows differ, or nothing."""
    if now.rows < was.rows:
        return f"{now.rows} of {_rows(was.rows)}: {was.rows - now.rows} fewer than the source had"
    if now.rows > was.rows:
        return f"{_rows(now.rows)}: {now.rows - was.rows} more than the source had"
    if now.checksum != was.checksum:
        return f"{_rows(now.rows)}, as many as the source had, and not the same"
    return ""


def _objects(point: Point, now: Mapping[str, str]) -> list[str]:
    if not point.objects:  # a point that says no more than whether all is the same
        return [] if digest(now) == point.structure else ["the structure differs"]
    was = point.objects
    return [
        f"{name}: {what}"
        for name in sorted(was.keys() | now.keys())
        if (what := _change(was.get(name), now.get(name)))
    ]


def _change(was: str | None, now: str | None) -> str:
    if was == now:
        return ""
    if now is None:
        return "missing"
    return "the source did not have it" if was is None else "defined otherwise than in the source"


def _rows(number: int) -> str:
    return f"{number} row{'' if number == 1 else 's'}"
