"""Look for secrets: for the known values wherever they must not be, and for what looks like one."""

from collections.abc import Callable, Iterator, Mapping
from dataclasses import replace
from itertools import chain
from pathlib import Path

from uz.checklist.secrecy import patterns
from uz.checklist.secrecy.older import WORDS, divided, of_version, why_closed
from uz.checklist.secrecy.readers import Allowed, nobody, permitted
from uz.checklist.secrecy.rights import as_owner
from uz.operations.place import Place
from uz.operations.scanned import Scanned
from uz.scanning import places
from uz.scanning.baseline import FILE, Accepted, Judged, load_baseline
from uz.scanning.engine import NONE, Searcher
from uz.scanning.files import File
from uz.scanning.finding import Gap, Kind, Looked
from uz.scanning.look import look
from uz.scanning.patterns import Leak, hidden
from uz.secret import Secret
from uz.targets.local.tools import gitleaks_program

Progress = Callable[[str, str], None]


def scan(
    place: Place,
    secrets: Mapping[str, Secret],
    *,
    progress: Progress,
    closed: Mapping[str, Secret] = NONE,
    superseded: Mapping[str, Secret] = NONE,
    allowed: Allowed = nobody,
    history: bool = True,
    baseline: Path | None = None,
) -> Scanned:
    """Search the project, its history, the environment's folders and all processes.

    `closed` are old values of what Uz made up: they count everywhere but in history. So do those of
    the user's own that are `superseded`, once the baseline accepts them. Without any value only
    patterns are looked for. Raises SpecError for a baseline that cannot be used, ProgramError where
    the scanner for patterns fails.
    """
    accepted = load_baseline(baseline or place.project / FILE, needed=baseline is not None)
    program = gitleaks_program()
    yours = divided(superseded, accepted)
    values = {**secrets, **yours.open}
    searcher = Searcher(values, {**closed, **yours.accepted})
    looked: dict[str, Looked] = {}
    for name, things in _places(place, history=history, values=searcher.values > 0):
        looked[name] = look(searcher, things)
        progress(name, _told(looked[name]))
    judged, gaps = _patterns(place, program, accepted, history=history)
    judged = replace(
        judged,
        expired=(*judged.expired, *yours.expired),
        stale=(*judged.stale, *(yours.stale if searcher.values else ())),
    )
    progress("patterns", f"{len(judged.new)} new, {len(judged.accepted)} accepted")
    found = list(chain.from_iterable(one.findings for one in looked.values()))
    past = [one for one in found if one.closed and one.spot.kind is Kind.HISTORY]
    read = permitted(found, values, allowed)
    return Scanned(
        findings=tuple(one for one in found if one not in past and one not in read),
        patterns=_masked(judged, searcher),
        gaps=(*chain.from_iterable(one.gaps for one in looked.values()), *gaps),
        places=looked,
        allowed=read,
        **{why: tuple(one for one in past if why_closed(one.secret) == why) for why in WORDS},
        too_short=searcher.too_short,
        values=searcher.values,
    )


def _places(place: Place, *, history: bool, values: bool) -> Iterator[tuple[str, places.Things]]:
    """Without values, what patterns are looked for in: to see that all of it can be read."""
    yield "work tree", places.work_tree(place.project)
    if history:
        yield "history", places.git_objects(place.project, as_owner)
    if not values:
        return
    if place.layout.root.is_dir():
        yield "environment", chain(places.folder(place.layout.root), _beside(place))
    yield "processes", places.processes()


def _beside(place: Place) -> places.Things:
    """What of the environment lies beside its folder, but for the one credential that may."""
    layout = place.layout
    for path in (layout.trail, *layout.beside):
        if path != layout.bootstrap and path.is_file():
            yield File(path, str(path))


def _patterns(
    place: Place, program: Path, accepted: tuple[Accepted, ...], *, history: bool
) -> tuple[Judged, tuple[Gap, ...]]:
    """What looks like a secret in the project and in its history."""
    gaps = hidden(place.project)
    if not history:
        gaps += (Gap("history", "left out, as asked for", minor=True),)
    leaks = [one for one in accepted if not of_version(one.fingerprint)]
    return patterns.judged(place.project, program, leaks, history=history), gaps


def _masked(judged: Judged, searcher: Searcher) -> Judged:
    """A file may be named like a value."""

    def masked(leak: Leak) -> Leak:
        return replace(
            leak, file=searcher.masked(leak.file), fingerprint=searcher.masked(leak.fingerprint)
        )

    return replace(
        judged,
        new=tuple(map(masked, judged.new)),
        accepted=tuple((masked(leak), entry) for leak, entry in judged.accepted),
    )


def _told(one: Looked) -> str:
    speed = f", {one.size / one.seconds / 1e6:.0f} MB/s" if one.seconds else ""
    return f"{one.things} looked at, {one.size / 1e6:.1f} MB{speed}"
