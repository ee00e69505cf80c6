"""Backups that only look as if they came by themselves, were whole, secret and safe off-site."""

import json
import zlib
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager

from uz.backups.shipment import FILES
from uz.checklist.offsite.encrypted import known_content
from uz.checklist.restoring.alterations import altered, newest_pack
from uz.environment import Environment, stopped
from uz.errors import StoreUnreachableError, UnhealthyError
from uz.waiting import met

SETTLED = 60.0
"""Seconds until the store has to answer again."""
NEVER = "0 0 1 1 *"
"""Once a year: as good as never."""


def scheduler_stopped(env: Environment) -> AbstractContextManager[None]:
    """Take the scheduler away."""
    return stopped(env, "scheduler")


@contextmanager
def other_schedule(env: Environment) -> Iterator[None]:
    """Let the scheduler have another schedule than `uz.toml`."""

    def changed(text: str) -> str:
        plan = json.loads(text)
        for job in plan["jobs"]:
            if job["name"] == "backup":
                job["schedule"] = NEVER
        return json.dumps(plan, indent=1) + "\n"

    with env.amended("scheduler/jobs.json", changed):
        yield


def object_missing(env: Environment) -> AbstractContextManager[None]:
    """Remove one file of the newest backup."""
    inventory, _ = env.backups().inventory()
    files = inventory.catalog.files
    known = inventory.backups()
    part = f"/{known[0][0].label}/" if known else f"{FILES}data/"
    path = max(one for one in files if part in one)
    return altered(env, f"{inventory.repository}/{path}", lambda _content: None)


def in_plain(env: Environment) -> AbstractContextManager[None]:
    """Have the database's log, or the files, off-site as they are."""
    known = known_content(env)
    return altered(env, _newest(env), lambda content: content[:4096] + known)


def only_compressed(env: Environment) -> AbstractContextManager[None]:
    """Have that off-site compressed, which hides all words, and not encrypted."""
    known = known_content(env)
    return altered(env, _newest(env), lambda _content: zlib.compress(known))


def _newest(env: Environment) -> str:
    """The key of the newest of the database's log; without a database of the files'."""
    inventory, log = env.backups().inventory()
    if not log.segments:
        return newest_pack(inventory)
    return f"{inventory.repository}/{log.segments[max(log.segments)][0]}"


@contextmanager
def may_delete(env: Environment) -> Iterator[None]:
    """Let this machine's credential delete as well."""

    def loosened(text: str) -> str:
        found = json.loads(text)
        for one in found["identities"]:
            if one["name"] == "adder":
                one["policyNames"] = ["adder-loosened"]
        policy = {
            "Version": "2012-10-17",
            "Statement": [{"Effect": "Allow", "Action": ["s3:*"], "Resource": ["arn:aws:s3:::*"]}],
        }
        found["policies"].append({"name": "adder-loosened", "content": json.dumps(policy)})
        return json.dumps(found)

    with _rights(env, loosened):
        yield


@contextmanager
def may_not_expire(env: Environment) -> Iterator[None]:
    """Let the identity that applies the retention only read."""

    def tightened(text: str) -> str:
        found = json.loads(text)
        for one in found["identities"]:
            if one["name"] == "retention":
                one["policyNames"] = ["reader"]
        return json.dumps(found)

    with _rights(env, tightened):
        yield


@contextmanager
def _rights(env: Environment, change: Callable[[str], str]) -> Iterator[None]:
    """Change who may do what in the embedded store. One that was just started says that it is ready
    some seconds before it can read."""
    try:
        with env.amended("credentials/offsite/s3.json", change):
            _settle(env)
            yield
    finally:
        _settle(env)


def _settle(env: Environment) -> None:
    def answers() -> bool:
        try:
            env.backups().catalogs()
        except StoreUnreachableError:
            return False
        return True

    if not met(answers, SETTLED):
        raise UnhealthyError(f"the off-site store does not answer {SETTLED:g} s after its start")
