"""The example with Node and Prisma on a stage: a copy of it, its environment, and its users."""

import http.client
import json
import os
import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path

from tests.docs.test_readme import copied, repository
from tests.live.postgres import passwords
from tests.live.stage import DOMAIN, Ran, Stage, a_stage

ENVIRONMENT = "test"


@dataclass
class Notes(Stage):
    """A copy of the example in a project of its own, and what it needs for its environment."""

    @property
    def project(self) -> Path:
        return self.top / "notes"

    def root(self, env: str = ENVIRONMENT) -> Path:
        return self.home / "notes" / env

    def command(self, *words: str) -> list[str]:
        project = ("--project", str(self.project))
        return [sys.executable, "-m", "uz", *project, "--env", ENVIRONMENT, *words]

    @property
    def release(self) -> Path:
        """The release whose migration was the last that ran."""
        return (self.root() / "active/migrate").resolve()

    def get(self, path: str) -> tuple[int, str]:
        """Ask over HTTPS; return the status, and which release answered."""
        answer = self.client(ENVIRONMENT).get(path)
        return answer.status, answer.headers["x-release"]

    def titles(self) -> set[str]:
        """What the app lists."""
        answer = self.client(ENVIRONMENT).get("/notes?limit=100")
        assert answer.status == 200, answer
        return {one["title"] for one in answer.json()["notes"]}

    def note(self, title: str) -> None:
        """Have the app keep a note."""
        body = json.dumps({"title": title, "text": "two bottles", "tags": ["shop"]}).encode()
        answer = self.client(ENVIRONMENT).get("/notes", method="POST", body=body)
        assert answer.status == 201, answer

    def migration(self, name: str, sql: str) -> None:
        """Commit a migration, or another text of it."""
        place = self.project / "prisma/migrations" / name
        place.mkdir(exist_ok=True)
        self.commit(f"{sql}\n", name=str(place / "migration.sql"))

    def running(self) -> str:
        """The release that users get, whichever instance they ask."""
        (found,) = {one["release"] for name, one in self.services(ENVIRONMENT).items()
                    if name.startswith("app-")}  # fmt: skip
        return str(found)


@dataclass
class Visits:
    """What users were answered in the meantime."""

    statuses: list[int] = field(default_factory=list)
    failures: list[str] = field(default_factory=list)

    @property
    def undisturbed(self) -> bool:
        """Whether they came often, and were all served."""
        return len(self.statuses) >= 10 and set(self.statuses) == {200} and not self.failures


@contextmanager
def visited(notes: Notes) -> Iterator[Visits]:
    """Read the list all the time, as users do."""
    seen, over = Visits(), threading.Event()

    def visit() -> None:
        while not over.wait(0.1):
            try:
                seen.statuses.append(notes.get("/notes")[0])
            except (OSError, http.client.HTTPException) as error:
                seen.failures.append(repr(error))

    thread = threading.Thread(target=visit)
    thread.start()
    try:
        yield seen
    finally:
        over.set()
        thread.join()


@contextmanager
def a_copy(root: Path) -> Iterator[Notes]:
    """The example without its uz.toml, what `uz init` writes instead, and an environment."""
    with a_stage() as stage:
        own_ports = {"network": {"port_base": stage.base}}
        spec = {"environments": {ENVIRONMENT: own_ports}}
        notes = Notes(stage.top, stage.base, spec, stage.begun, stage.bases)
        copied(root / "examples/notes", notes.project)
        (notes.project / "uz.toml").unlink()
        repository(notes.project)
        made = notes.uz("init")
        assert made.code == 0, made
        with (notes.project / "uz.toml").open("a") as file:
            file.write(f'\n[environments.{ENVIRONMENT}]\nkind = "staging"\n')
            file.write(f'[environments.{ENVIRONMENT}.app]\ndomain = "{DOMAIN}"\n')
            file.write(f"[environments.{ENVIRONMENT}.network]\nport_base = {stage.base}\n")
            file.write(f'[environments.{ENVIRONMENT}.secrets]\nmanager = "file"\n')
        notes.commit()
        yield notes


def address(notes: Notes, port: int, **settings: str) -> str:
    """The way for migrations to this port above the base; `settings` are of the session."""
    options = "%20".join(f"-c%20{name}%3D{value}" for name, value in settings.items())
    at = f"127.0.0.1:{notes.base + port}/app" + (f"?options={options}" if options else "")
    return f"postgresql://migrations:{passwords(notes)['migrations']}@{at}"


def deployed(notes: Notes, url: str, folder: Path | None = None) -> Ran:
    """`prisma migrate deploy` by hand."""
    known = {"PATH": os.environ["PATH"], "HOME": str(notes.top), "CHECKPOINT_DISABLE": "1"}
    begun = time.monotonic()
    done = subprocess.run(
        [notes.release / "node_modules/.bin/prisma", "migrate", "deploy"],
        cwd=folder or notes.release, check=False, capture_output=True, text=True, timeout=60,
        env={**known, "DATABASE_URL": url, "DATABASE_DIRECT_URL": url},
    )  # fmt: skip
    return Ran(done.returncode, done.stdout, done.stderr, time.monotonic() - begun)
