"""The last gate before a value is written: the spec itself says whether it would take it."""

from typing import Any

from pydantic import ValidationError

from uz.detect.finding import Finding, shown
from uz.spec import Spec

LISTS = frozenset({"app.build", "app.aliases"})
SMALLEST = {"name": "app", "domain": "app.localhost", "command": "true"}


def refusal(finding: Finding) -> str:
    """Why `uz.toml` cannot hold this finding; empty where it can."""
    if not finding.value.isprintable():
        return "it has characters that cannot be seen"
    tables: dict[str, Any] = {"app": dict(SMALLEST)}
    *above, last = finding.key.split(".")
    table = tables
    for name in above:
        table = table.setdefault(name, {})
    table[last] = (finding.value,) if finding.key in LISTS else finding.value
    try:
        Spec.model_validate(tables)
    except ValidationError as error:
        problem = error.errors()[0]
        return shown(str(problem["msg"]).removeprefix("Value error, "), 100)
    return ""
