import json

from tests.items import NOON, Trial, evidence

from uz.environment import ServiceStatus
from uz.operations.prove import Tried
from uz.report import ItemResult, Report
from uz.report.json_form import FORMAT, report_json, status_json
from uz.verdict import Domain, proven, refuted

SEEN = evidence(
    proven("A+", domains=(Domain.PROCESS,), handshake_ms=1.5, hsts=True),
    kind="rehearsal",
    environment="rehearsal",
    inputs={"config:edge": "abc"},
)
REPORT = Report(
    "shop",
    "production",
    "production",
    NOON,
    (ItemResult(Trial(), proven("A+", domains=(Domain.PROCESS,)), (SEEN,)),),
    (
        Tried("trial.holds", "weak", "weakens it", True, "went red"),
        Tried("trial.holds", "off", "turns it off", False, "stayed green"),
    ),
)
EDGE = ServiceStatus("edge", "the TLS edge", True, True, address="*:443", pid=7, uptime=1.5)


def test_the_form_is_the_first() -> None:
    assert FORMAT == 1


def test_a_report_has_exactly_these_fields() -> None:
    assert report_json(REPORT) == {
        "format": 1,
        "app": "shop",
        "environment": "production",
        "kind": "production",
        "time": "2026-03-01T12:00:00+00:00",
        "exit_code": 1,
        "items": [
            {
                "id": "trial.holds",
                "line": "it holds",
                "state": "proven",
                "reason": "A+",
                "failure_domains": ["process"],
                "experiments": [
                    {
                        "name": "tries",
                        "class": "probe",
                        "state": "proven",
                        "reason": "A+",
                        "figures": {"handshake_ms": 1.5, "hsts": True},
                        "failure_domains": ["process"],
                        "time": "2026-03-01T12:00:00+00:00",
                        "environment": "rehearsal",
                        "rehearsed": True,
                        "inputs": {"config:edge": "abc"},
                    }
                ],
            }
        ],
        "controls": [
            {
                "id": "trial.holds/weak",
                "item": "trial.holds",
                "breaks": "weakens it",
                "state": "held",
                "reason": "went red",
            },
            {
                "id": "trial.holds/off",
                "item": "trial.holds",
                "breaks": "turns it off",
                "state": "missed",
                "reason": "stayed green",
            },
        ],
    }


def status() -> dict[str, object]:
    return status_json(
        REPORT, [EDGE], healthy=True, isolated=False, url="https://shop.example",
        notes=("drill today: all came back in 40 s",),
    )  # fmt: skip


def test_a_status_is_a_report_with_exactly_these_fields_more() -> None:
    more = status()
    assert {name: more[name] for name in report_json(REPORT)} == report_json(REPORT)
    assert set(more) - set(report_json(REPORT)) == {
        "healthy", "isolated", "url", "services", "notes",
    }  # fmt: skip
    assert (more["healthy"], more["isolated"]) == (True, False)
    assert more["url"] == "https://shop.example"
    assert more["notes"] == ["drill today: all came back in 40 s"]


def test_a_service_has_exactly_these_fields() -> None:
    assert status()["services"] == [
        {
            "name": "edge",
            "description": "the TLS edge",
            "running": True,
            "healthy": True,
            "detail": "",
            "address": "*:443",
            "pid": 7,
            "uptime_s": 1.5,
            "restarts": 0,
            "memory_bytes": None,
            "version": "",
            "replaced_on_disk": False,
            "release": "",
            "role": "",
        }
    ]


def test_it_is_json() -> None:
    assert json.loads(json.dumps(status())) == status()


def test_a_failure_shows_in_the_exit_code() -> None:
    failed = Report(
        "shop", "production", "production", NOON, (ItemResult(Trial(), refuted("no"), ()),)
    )
    assert report_json(failed)["exit_code"] == 1
    assert report_json(failed)["controls"] == []
