"""What the secrets manager costs `uz up`: the shop with an OpenBao of its own, against the same
with its secrets in a file.

Warm means that everything is built. Once with nothing running, so that OpenBao has to start and
unseal itself first; and once with everything running and nothing to do.
"""

import sys
import time

from bench.figures import Figure, in_turns, main, tell
from bench.scratch import DATABASE, SHOP, Scratch, scratch

MOST_BEHIND = 1.0


def measure() -> list[Figure]:
    """Start, run again and stop both in turns, on the same ports."""
    tell("secrets_up: installing the shop's packages twice")
    again: dict[str, list[float]] = {"openbao": [], "file": []}
    with (
        scratch(SHOP, "shop", DATABASE, venv=True, manager="openbao") as bao,
        scratch(SHOP, "shop", DATABASE, venv=True) as file,
    ):

        def cycle(place: Scratch, name: str) -> float:
            started = _seconds(place)
            again[name].append(_seconds(place))
            place.uz("down")
            return started

        for place in (bao, file):
            place.uz("up")
            place.uz("down")
        starts = in_turns(lambda: cycle(bao, "openbao"), lambda: cycle(file, "file"))
    unchanged = tuple(zip(again["openbao"], again["file"], strict=True))[1:]
    return [
        Figure("uz up, warm, with OpenBao", "s", "secrets in a file", starts, "difference",
               MOST_BEHIND),
        Figure("uz up, nothing to do, with OpenBao", "s", "secrets in a file", unchanged,
               "difference", MOST_BEHIND),
    ]  # fmt: skip


def _seconds(place: Scratch) -> float:
    begun = time.perf_counter()
    place.uz("up")
    return time.perf_counter() - begun


if __name__ == "__main__":
    sys.exit(main(measure))
