"""A machine that is lost: what it ran, the backups that it sent to another site, and its kit."""

import json
import shutil
import subprocess
import time
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from tests.backups.seaweed_server import Seaweed, seaweed
from tests.live.offsite_stage import with_offsite
from tests.live.openbao_stage import an_openbao_stage, kept, source
from tests.live.postgres import own, with_database
from tests.live.stage import Ran, Stage, holds_within, power_cut

from uz.secret import Secret

ACCESS_KEY = "adder-of-tiny"
PREFIX = "tiny/production/"
SECRETS = ("app/session-key", "backups/passphrase", "database/app")
RPO = 10
LONG_AGO = datetime.fromtimestamp(0, UTC)


@dataclass
class Lost:
    """The project, the other site and the kit, which are left; and what has to come back."""

    stage: Stage
    site: Seaweed
    kit: Path
    secrets: dict[str, Secret]
    between: datetime
    """A moment after the row `early`, and before the row `late`."""

    def recover(
        self,
        *more: str,
        kit: Path | None = None,
        words: Sequence[str] = (),
        prefix: tuple[str, ...] = (),
        keys: Mapping[str, str] | None = None,
    ) -> Ran:
        """`uz recover`: with the right kit and the reader's keys where no others are named."""
        known = {**self.reader(), **(keys or {})}
        said = words or self.words(*more, kit=kit)
        return self.stage.uz(*said, timeout=240, stdin=None, prefix=prefix, **known)

    def words(self, *words: str, kit: Path | None = None) -> Sequence[str]:
        """The words of the command."""
        return ("recover", "--kit", str(kit or self.kit), "--yes", *words)

    def reader(self) -> dict[str, str]:
        """The variables by which the store is opened."""
        secret = self.site.keys["reader"].reveal().decode()
        return {"UZ_STORE_ACCESS_KEY": "reader", "UZ_STORE_SECRET_KEY": secret}

    def untouched(self) -> bool:
        """Whether there is nothing of the environment, and none of its processes."""
        folder = self.stage.home / "tiny"
        left = {one.name for one in folder.iterdir()} if folder.is_dir() else set()
        return not self.stage.processes() and left <= {"audit.jsonl", "production.lock"}

    def another_kit(self, name: str, **changes: object) -> Path:
        """A kit that says something else."""
        path = self.kit.with_name(name)
        path.write_text(json.dumps(json.loads(self.kit.read_text()) | changes))
        return path


@contextmanager
def a_lost_machine(folder: Path) -> Iterator[Lost]:
    """Bring an app up, write, wait until all is off-site, and lose the machine."""
    with a_site(folder) as site, an_openbao_stage() as stage:
        sending_to(stage, site)
        stage.up(timeout=240)
        yield _lost(stage, site)


@contextmanager
def a_site(folder: Path) -> Iterator[Seaweed]:
    """A store at another place than the environment's folder."""
    with seaweed(folder) as server:
        server.stop()
        path = server.folder / "s3.json"
        known = json.loads(path.read_text())
        (adder,) = [one for one in known["identities"] if one["name"] == "adder"]
        adder["credentials"].append({**adder["credentials"][0], "accessKey": ACCESS_KEY})
        path.write_text(json.dumps(known))
        server.start()
        yield server


def sending_to(stage: Stage, site: Seaweed) -> None:
    """Give a stage that keeps its secrets in OpenBao a database, a Redis, and backups there."""
    stage.set("redis.purpose", "store")
    with_database(stage)
    stage.up(timeout=240)  # the keys of the store are kept in its own secrets manager
    kept(stage, "store-access", ACCESS_KEY)
    kept(stage, "store-key", site.keys["adder"].reveal().decode())
    with_offsite(stage)
    shutil.copy(site.authority, stage.project / "site.pem")
    stage.set("backups.offsite", "s3://vault")
    stage.set("backups.endpoint", site.endpoint)
    stage.set("backups.authority", "site.pem")
    stage.set("backups.access_key", "ref+vault://secret/store-access#/value")
    stage.set("backups.secret_key", "ref+vault://secret/store-key#/value")
    stage.set("backups.rpo", f"{RPO}s")
    stage.set("backups.reserve", "64MiB")
    stage.set("backups.schedule", "* * * * *")
    stage.commit()


def _lost(stage: Stage, site: Seaweed) -> Lost:
    redis(stage, "SET", "cart", "full", "EX", "90000")
    upload = stage.root() / "data" / "app" / "upload"
    upload.write_text("of a user")
    own(stage, "INSERT INTO notes (text) VALUES ('early')")
    written = datetime.now(UTC)
    assert holds_within(180, lambda: newest(site) > written), "the scheduler took no backup"
    between = datetime.now(UTC).replace(microsecond=0)
    time.sleep(1.5)
    own(stage, "INSERT INTO notes (text) VALUES ('late')")
    written = datetime.now(UTC)
    assert holds_within(60, lambda: covered(stage) > written)
    known = source(stage)
    secrets = {name: known.read(name) for name in SECRETS}
    kit = stage.top / "kit"
    shutil.copy(stage.home / "tiny" / "production.recovery-kit.json", kit)
    lose(stage)
    found = {name: secret for name, secret in secrets.items() if secret}
    assert set(found) == set(SECRETS)
    return Lost(stage, site, kit, found, between)


def lose(stage: Stage) -> None:
    """Have all processes end at once, and remove all that the machine had of the environment."""
    tools = (stage.home / ".tools").readlink()
    power_cut(stage)
    for path in (*stage.memory(), stage.home):
        shutil.rmtree(path)
    stage.home.mkdir(mode=0o711)
    (stage.home / ".tools").symlink_to(tools)


def newest(site: Seaweed) -> datetime:
    """When the newest backup off-site was begun; long ago where there is none."""
    store = site.store("admin", PREFIX)
    catalogs = [json.loads(store.read(key)) for key in store.list() if "/catalogs/" in key]
    begun = [backup["started"] for one in catalogs for backup in one["backups"]]
    return max(map(datetime.fromisoformat, begun), default=LONG_AGO)


def repositories(site: Seaweed) -> set[str]:
    """Those that are off-site."""
    return {key.partition("/")[0] for key in site.store("admin", PREFIX).list()}


def covered(stage: Stage) -> datetime:
    """Up to when all is off-site; long ago where it is not known."""
    found: dict[str, Any] = {}
    with suppress(OSError, ValueError):
        found = json.loads((stage.root() / "data/repository/shipping.json").read_text())
    at = found.get("covered_at")
    return datetime.fromisoformat(at) if at else LONG_AGO


def redis(stage: Stage, *words: str) -> str:
    """What the stage's Redis answers."""
    url = (stage.root() / "credentials" / "app" / "redis-url").read_text()
    done = subprocess.run(
        ["redis-cli", "-u", url, "--no-auth-warning", *words],
        check=True, capture_output=True, text=True, timeout=10,
    )  # fmt: skip
    return done.stdout.strip()
