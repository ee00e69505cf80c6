"""Where the scheduler keeps what, below the folder of an environment."""

from dataclasses import dataclass
from pathlib import Path


@dataclass(frozen=True)
class Places:
    """The scheduler's own paths."""

    root: Path

    @property
    def plan(self) -> Path:
        """The jobs."""
        return self.root / "config" / "scheduler" / "jobs.json"

    @property
    def journal(self) -> Path:
        """Which job ran when, and how it ended."""
        return self.root / "data" / "scheduler" / "journal.json"

    @property
    def logs(self) -> Path:
        """What jobs print, a file each."""
        return self.root / "logs" / "scheduler"

    def log(self, job: str) -> Path:
        """What one job prints."""
        return self.logs / f"{job}.log"

    def lock(self, job: str) -> Path:
        """Held while a job runs, by the job itself as well."""
        return self.root / "run" / "scheduler" / f"{job}.lock"

    @property
    def own_lock(self) -> Path:
        """Held by the scheduler, so that there is one."""
        return self.root / "run" / "scheduler" / ".lock"
