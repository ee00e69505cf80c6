"""What a scan for secrets found, what it looked at, and whether that is good news."""

from dataclasses import asdict, dataclass
from typing import Any

from uz.checklist.secrecy.older import of_version
from uz.scanning.baseline import Judged
from uz.scanning.finding import Finding, Gap, Looked


@dataclass(frozen=True)
class Scanned:
    """The outcome. `places`: how much was looked at, by the place's name."""

    findings: tuple[Finding, ...]
    patterns: Judged
    gaps: tuple[Gap, ...]
    places: dict[str, Looked]
    allowed: tuple[Finding, ...] = ()
    """In the environments of processes that `uz.toml` names as readers."""
    closed: tuple[Finding, ...] = ()
    """In history, of values that were rotated and are refused."""
    replaced: tuple[Finding, ...] = ()
    """In history, of values that the app had before; nothing of Uz's opens with them."""
    accepted_versions: tuple[Finding, ...] = ()
    """In history, of the user's own older values, which the baseline accepts."""
    too_short: tuple[str, ...] = ()
    """Secrets that are too short to be looked for."""
    values: int = 0
    """Values that were looked for; none before the environment was first brought up."""

    @property
    def exit_code(self) -> int:
        """0 clean, 1 something was found, 3 not all could be looked at."""
        if self.findings or self.patterns.new:
            return 1
        return 3 if self.too_short or any(not gap.minor for gap in self.gaps) else 0

    @property
    def older(self) -> bool:
        """Whether something found is an older value of the user's own."""
        return any(of_version(one.secret) for one in self.findings)

    def as_json(self) -> dict[str, Any]:
        """All of it, for programs."""
        return {
            "format": 1,
            "clean": self.exit_code == 0,
            "values": self.values,
            "findings": [_finding(one) for one in self.findings],
            "allowed": [_finding(one) for one in self.allowed],
            "closed": [_finding(one) for one in self.closed],
            "replaced": [_finding(one) for one in self.replaced],
            "accepted_versions": [_finding(one) for one in self.accepted_versions],
            "patterns": [asdict(one) for one in self.patterns.new],
            "accepted": [
                asdict(leak) | {"reason": entry.reason, "expires": entry.expires.isoformat()}
                for leak, entry in self.patterns.accepted
            ],
            "expired": [one.fingerprint for one in self.patterns.expired],
            "stale": [one.fingerprint for one in self.patterns.stale],
            "too_short": list(self.too_short),
            "gaps": [asdict(gap) for gap in self.gaps],
            "places": {
                name: {"things": one.things, "bytes": one.size, "seconds": round(one.seconds, 3)}
                for name, one in self.places.items()
            },
        }


def _finding(one: Finding) -> dict[str, Any]:
    return {"secret": one.secret, "form": one.form, "times": one.times, "place": str(one.spot),
            **{key: value for key, value in asdict(one.spot).items() if value and key != "name"},
            }  # fmt: skip
