"""Uz runs the production checklist: it brings an app up and proves 25 items by experiment.

The public names are loaded when they are first used, so that `uz --help` stays fast.
"""

from importlib import import_module

__version__ = "0.1.0"

_HOMES = {
    "Spec": "uz.spec",
    "load": "uz.spec",
    "Environment": "uz.environment",
    "stopped": "uz.environment",
    "killed": "uz.environment",
    "seconds_until": "uz.waiting",
    "Observer": "uz.traffic",
    "Visitor": "uz.traffic",
    "Item": "uz.checklist.item",
    "Experiment": "uz.checklist.item",
    "Control": "uz.checklist.item",
    "Verdict": "uz.verdict",
    "State": "uz.verdict",
    "UzError": "uz.errors",
}

__all__ = [*_HOMES, "__version__"]  # noqa: PLE0604


def __getattr__(name: str) -> object:
    """Import a public name from its home on first use."""
    if name in _HOMES:
        return getattr(import_module(_HOMES[name]), name)
    raise AttributeError(f"module 'uz' has no attribute {name!r}")
