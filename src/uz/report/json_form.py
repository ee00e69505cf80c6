"""The versioned JSON of `uz prove --json` and `uz status --json`. See docs/reference/json.md."""

from collections.abc import Iterable
from typing import Any

from uz.environment import ServiceStatus
from uz.evidence import Evidence
from uz.operations.prove import Tried
from uz.report.report import ItemResult, Report

FORMAT = 1
"""Grows only when a field is removed or changes its meaning; new fields may come at any time."""


def report_json(report: Report) -> dict[str, Any]:
    """The whole report."""
    return {
        "format": FORMAT,
        "app": report.app,
        "environment": report.environment,
        "kind": report.kind,
        "time": report.taken_at.isoformat(),
        "exit_code": report.exit_code,
        "items": [_item(result) for result in report.results],
        "controls": [_control(control) for control in report.controls],
    }


def _item(result: ItemResult) -> dict[str, Any]:
    return {
        "id": result.item.id,
        "line": result.item.line,
        "state": result.verdict.state.value,
        "reason": result.verdict.reason,
        "failure_domains": [domain.value for domain in result.verdict.domains],
        "experiments": [_experiment(one) for one in result.evidence],
    }


def _experiment(one: Evidence) -> dict[str, Any]:
    return {
        "name": one.experiment,
        "class": one.effect.value,
        "state": one.verdict.state.value,
        "reason": one.verdict.reason,
        "figures": dict(one.verdict.figures),
        "failure_domains": [domain.value for domain in one.verdict.domains],
        "time": one.taken_at.isoformat(),
        "environment": one.environment,
        "rehearsed": one.rehearsed,
        "inputs": dict(one.inputs),
    }


def _control(control: Tried) -> dict[str, Any]:
    return {
        "id": f"{control.item}/{control.control}",
        "item": control.item,
        "breaks": control.line,
        "state": "held" if control.held else "missed",
        "reason": control.reason,
    }


def status_json(
    report: Report,
    services: Iterable[ServiceStatus],
    *,
    healthy: bool,
    isolated: bool,
    url: str,
    notes: Iterable[str] = (),
) -> dict[str, Any]:
    """The services, what is to be said of backups, drills and jobs, and the items from stored
    evidence."""
    return report_json(report) | {
        "healthy": healthy,
        "isolated": isolated,
        "url": url,
        "services": [_service(service) for service in services],
        "notes": list(notes),
    }


def _service(one: ServiceStatus) -> dict[str, Any]:
    return {
        "name": one.name,
        "description": one.description,
        "running": one.running,
        "healthy": one.healthy,
        "detail": one.detail,
        "address": one.address,
        "pid": one.pid,
        "uptime_s": one.uptime,
        "restarts": one.restarts,
        "memory_bytes": one.memory,
        "version": one.version,
        "replaced_on_disk": one.replaced_on_disk,
        "release": one.release,
        "role": one.role,
    }
