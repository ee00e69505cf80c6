"""Evidence on disk: one JSON file for each item of an environment."""

import json
from collections.abc import Iterable
from dataclasses import asdict, replace
from datetime import datetime
from pathlib import Path
from typing import Any

from uz.errors import MachineError
from uz.evidence import Effect, Evidence
from uz.targets.local.folders import folder, write
from uz.verdict import Domain, State, Verdict

FORMAT = 1


def keep(place: Path, evidence: Iterable[Evidence]) -> None:
    """Store new evidence; what an item had for other experiments stays."""
    folder(place, 0o700)
    for one in evidence:
        found = {old.experiment: old for old in read(place, one.item)} | {one.experiment: one}
        entries = [_as_json(found[name]) for name in sorted(found)]
        text = json.dumps({"format": FORMAT, "evidence": entries}, indent=1)
        write(place / f"{one.item}.json", text)


def read(place: Path, item: str) -> tuple[Evidence, ...]:
    """All stored evidence of an item. Raises MachineError where the file is damaged."""
    path = place / f"{item}.json"
    try:
        loaded = json.loads(path.read_text())
        if loaded["format"] != FORMAT:
            raise ValueError(f"format {loaded['format']!r}, not {FORMAT}")
        return tuple(_from_json(one) for one in loaded["evidence"])
    except (FileNotFoundError, NotADirectoryError):
        return ()
    except (ValueError, TypeError, KeyError) as error:
        raise MachineError(
            f"{path}: damaged ({error})", hint="Remove the file and run `uz prove` again."
        ) from error


def _as_json(one: Evidence) -> dict[str, Any]:
    verdict = replace(one.verdict, figures=dict(one.verdict.figures))  # `asdict` copies no views
    whole = replace(one, verdict=verdict, inputs=dict(one.inputs))
    return asdict(whole) | {"taken_at": one.taken_at.isoformat()}


def _from_json(one: dict[str, Any]) -> Evidence:
    verdict, taken_at = one["verdict"], datetime.fromisoformat(one["taken_at"])
    if taken_at.tzinfo is None:
        raise ValueError("a time without its zone")
    return Evidence(
        item=one["item"],
        experiment=one["experiment"],
        effect=Effect(one["effect"]),
        verdict=Verdict(
            State(verdict["state"]),
            verdict["reason"],
            dict(verdict["figures"]),
            tuple(Domain(name) for name in verdict["domains"]),
        ),
        taken_at=taken_at,
        environment=one["environment"],
        kind=one["kind"],
        inputs=dict(one["inputs"]),
    )
