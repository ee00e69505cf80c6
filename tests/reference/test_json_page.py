"""The page on JSON names exactly the fields that are printed."""

from collections.abc import Iterator
from datetime import UTC, datetime
from typing import Any

from uz.checklist import ITEMS
from uz.environment import ServiceStatus
from uz.evidence import Effect, Evidence
from uz.operations.prove import Tried
from uz.reference.json_page import DOMAINS, REPORT, STATES, STATUS, json_page
from uz.report import Report, assembled
from uz.report.json_form import report_json, status_json
from uz.verdict import Domain, State, proven

NOW = datetime(2026, 1, 1, tzinfo=UTC)
MEASURED = {"figures", "inputs"}
"""Tables whose keys are an experiment's own."""


def fields(form: dict[str, Any], prefix: str = "") -> Iterator[str]:
    """The names of all fields, `[]` for each entry of a list."""
    for name, value in form.items():
        yield f"{prefix}{name}"
        if isinstance(value, dict) and name not in MEASURED:
            yield from fields(value, f"{prefix}{name}.")
        if isinstance(value, list) and value and isinstance(value[0], dict):
            yield from fields(value[0], f"{prefix}{name}[].")


def report() -> Report:
    """A report with one of everything."""
    verdict = proven("it held", domains=(Domain.PROCESS,), handshake_ms=1.5)

    def evidence(item: str) -> tuple[Evidence, ...]:
        names = [one.name for one in ITEMS[0].experiments]
        return tuple(
            Evidence(item, name, Effect.PROBE, verdict, NOW, "demo", "staging") for name in names
        )

    tried = Tried("tls.strong", "no-hsts", "HSTS is not sent", held=True, reason="no HSTS")
    return assembled("shop", "demo", "staging", ITEMS[:1], evidence, lambda _: {}, NOW, (tried,))


def test_every_field_of_a_report_is_told_and_no_other() -> None:
    assert list(fields(report_json(report()))) == list(REPORT)


def test_every_field_of_the_status_is_told_and_no_other() -> None:
    service = ServiceStatus("app-1", "web instance 1", running=True, healthy=True)
    form = status_json(report(), [service], healthy=True, isolated=False, url="https://shop.test")
    assert list(fields(form)) == [*REPORT, *STATUS]


def test_every_state_and_failure_domain_is_explained() -> None:
    assert set(STATES) == set(State)
    assert set(DOMAINS) == set(Domain)
    assert "| `proven` |" in json_page()
