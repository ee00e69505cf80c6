"""The example with Node and Prisma: from its repository to HTTPS; migrations past the pooler."""

import json
import os
import re
import shutil
import signal
import subprocess
from collections.abc import Iterator
from pathlib import Path

import pytest
from tests.docs.pages import blocks
from tests.live.copied_machine import TOOLS, Copy, copied
from tests.live.notes import ENVIRONMENT, Notes, a_copy, address, deployed, visited
from tests.live.postgres import asked, own, passwords, said
from tests.live.refusals import mentions_next, refused
from tests.live.stage import DOMAIN, holds_within, kill

from uz.spec import load, parse

pytestmark = pytest.mark.live

LOCK = 72707369
"""The advisory lock that `prisma migrate` takes: a constant of its schema engine."""
HELD = f"SELECT pid FROM pg_locks WHERE locktype = 'advisory' AND objid = {LOCK} AND granted"
FIRST = "20260101000000_notes"
APPLIED = "SELECT migration_name FROM _prisma_migrations WHERE finished_at IS NOT NULL ORDER BY 1"
FAILED = (
    "SELECT migration_name FROM _prisma_migrations"
    " WHERE finished_at IS NULL AND rolled_back_at IS NULL"
)
POOLER = """\
[databases]
app = host=127.0.0.1 port={server}
[pgbouncer]
listen_addr = 127.0.0.1
listen_port = {port}
unix_socket_dir =
auth_type = scram-sha-256
auth_file = {folder}/users.txt
pool_mode = transaction
ignore_startup_parameters = extra_float_digits
{user}
"""


@pytest.fixture(scope="module")
def notes(root: Path) -> Iterator[Notes]:
    """The notes, up."""
    if shutil.which("npm") is None:
        pytest.skip("no npm on this machine; `uz doctor --install` gets it")
    with a_copy(root) as one:
        one.up()
        yield one


def freed(notes: Notes) -> bool:
    """End the session that holds Prisma's lock; whether it is free then."""
    own(notes, HELD.replace("SELECT pid", "SELECT pg_terminate_backend(pid)"))
    return holds_within(10, lambda: own(notes, HELD) == "")


def marked_as_rolled_back(notes: Notes, root: Path, more: str = "") -> None:
    """Do what docs/how-to/node.md says after a migration that failed."""
    (sql,) = blocks(root / "docs/how-to/node.md", "sql")
    done = notes.uz("shell", "database", stdin=f"\\set ON_ERROR_STOP on\n{sql}\n{more}\n")
    assert done.code == 0, done
    assert "UPDATE 1" in done.stdout


@pytest.fixture
def pooler(notes: Notes) -> Iterator[str]:
    """A PgBouncer in transaction mode that knows migrations too, set up by hand; the way there."""
    folder, port = notes.top / "pooler", notes.base + 433
    folder.mkdir()
    users, ini = folder / "users.txt", folder / "pgbouncer.ini"
    users.write_text(f'"migrations" "{passwords(notes)["migrations"]}"\n')
    users.chmod(0o600)
    user = ""
    if os.geteuid() == 0:
        user = "user = nobody"
        folder.chmod(0o755)
        shutil.chown(users, "nobody")
    ini.write_text(POOLER.format(server=notes.base + 400, port=port, folder=folder, user=user))
    program = shutil.which("pgbouncer", path=f"{os.environ['PATH']}:/usr/sbin")
    process = subprocess.Popen(
        [str(program), ini], cwd=folder, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL
    )
    try:
        assert holds_within(
            10, lambda: asked(notes, "migrations", "SELECT 1", port=433).returncode == 0
        )
        yield address(notes, 433)
    finally:
        process.kill()
        process.wait()
        shutil.rmtree(folder)


def test_what_init_finds_is_what_the_example_says(notes: Notes, root: Path) -> None:
    written = load(notes.project)
    assert written == load(root / "examples/notes")
    assert written.database is not None
    assert written.database.migrate == "npx prisma migrate deploy"


def test_the_demonstration_of_the_example_says_only_what_is_different(root: Path) -> None:
    text = (root / "examples/notes/uz.toml").read_text()
    demo = parse(text, "demo")
    assert (demo.app, demo.database) == (parse(text).app, parse(text).database)


def test_notes_are_made_and_listed_over_https(notes: Notes) -> None:
    notes.note("Milk")
    assert "Milk" in notes.titles()
    assert notes.get("/health")[0] == 200
    assert own(notes, "SELECT count(*) FROM tags WHERE name = 'shop'") != "0"


def test_prisma_made_the_tables_and_they_are_the_owners(notes: Notes) -> None:
    assert FIRST in own(notes, APPLIED).splitlines()
    made = "SELECT {} FROM pg_class WHERE relnamespace = 'public'::regnamespace"
    found = set(own(notes, made.format("relname")).splitlines())
    assert {"_prisma_migrations", "notes", "notes_pkey", "tags", "tags_name_note_id_idx"} <= found
    assert own(notes, made.format("DISTINCT relowner::regrole")) == "owner"


def test_migrating_again_has_nothing_to_do_needs_no_pooler_and_leaves_no_lock(notes: Notes) -> None:
    assert own(notes, HELD) == ""
    pooler = notes.services(ENVIRONMENT)["pgbouncer"]["pid"]
    kill(pooler, signal.SIGSTOP)
    try:
        done = notes.uz("migrate")
    finally:
        kill(pooler, signal.SIGCONT)
    assert done.code == 0, done
    assert notes.log("migrate.log", ENVIRONMENT).endswith("No pending migrations to apply.\n")
    assert own(notes, HELD) == ""


def test_both_addresses_of_a_migration_lead_past_the_pooler(notes: Notes) -> None:
    given = notes.root() / "credentials/migrate"
    assert {one.name: one.read_text() for one in given.iterdir()} == {
        "database-url": address(notes, 400),
        "database-direct-url": address(notes, 400),
    }


def test_the_pooler_lets_no_migration_in(notes: Notes) -> None:
    refusal = asked(notes, "migrations", "SELECT 1", port=432)
    assert refusal.returncode != 0
    assert re.search("no such user|authentication failed", refusal.stderr), refusal.stderr
    assert said(asked(notes, "app", "SELECT 1", port=432)) == "1"


@pytest.mark.slow
def test_through_a_pooler_that_lets_migrations_in_the_lock_stays_and_stops_the_next_one(
    notes: Notes, pooler: str
) -> None:
    through = deployed(notes, pooler)
    assert through.code == 0, through
    assert own(notes, HELD) != "", "the migration is over, and its lock is held"
    try:
        message = refused(notes.uz("migrate"), "canceling statement due to lock timeout")
        assert mentions_next(message)
        waits_for_ever = address(notes, 400, lock_timeout="0")
        late = deployed(notes, waits_for_ever)
        assert late.code == 1, late
        assert "P1002" in late.stdout + late.stderr
        assert "Timed out trying to acquire a postgres advisory lock" in late.stdout + late.stderr
        assert late.seconds >= 10
        assert notes.get("/notes")[0] == 200
    finally:
        assert freed(notes)
    assert notes.uz("migrate").code == 0
    assert own(notes, HELD) == ""


@pytest.mark.slow
def test_a_release_with_one_more_migration_is_applied(notes: Notes) -> None:
    notes.note("from before")
    before = notes.running()
    notes.migration("20260201000000_colours", 'ALTER TABLE "notes" ADD COLUMN "colour" TEXT;')
    with visited(notes) as visits:
        notes.up()
    assert visits.undisturbed, visits
    assert own(notes, APPLIED).splitlines()[:2] == [FIRST, "20260201000000_colours"]
    assert own(notes, "SELECT colour IS NULL FROM notes WHERE title = 'from before'") == "t"
    assert "from before" in notes.titles()
    assert notes.get("/notes")[1] == notes.running() != before
    assert own(notes, HELD) == ""


@pytest.mark.slow
def test_a_broken_migration_is_told_in_prismas_words_and_can_be_mended(
    notes: Notes, root: Path
) -> None:
    name, before = "20260301000000_pinned", notes.running()
    add = 'ALTER TABLE "notes" ADD COLUMN "pinned" BOOLEAN NOT NULL DEFAULT false;'
    index = 'CREATE INDEX "notes_{0}_idx" ON "notes"("{0}");'
    notes.migration(name, f"{add}\n{index.format('pined')}")
    with visited(notes) as visits:
        failed = notes.uz("up")
        again = notes.uz("migrate")
    message = refused(failed, "column not found: pined", name, "The running release goes on")
    assert mentions_next(message)
    refused(again, "Error: P3009", f"The `{name}` migration started at")
    assert visits.undisturbed, visits
    assert notes.running() == before == notes.get("/notes")[1]
    assert own(notes, FAILED) == name
    assert own(notes, HELD) == ""
    subprocess.run(["git", "rm", "-qr", f"prisma/migrations/{name}"], cwd=notes.project, check=True,
                   timeout=30)  # fmt: skip
    notes.commit()
    refused(notes.uz("up"), "Error: P3009")  # the release before is no way out either
    marked_as_rolled_back(notes, root, 'ALTER TABLE "notes" DROP COLUMN "pinned";')
    notes.migration(name, f"{add}\n{index.format('pinned')}")
    notes.up()
    assert name in own(notes, APPLIED).splitlines()
    assert notes.running() == notes.get("/notes")[1] != before
    indexed = "SELECT count(*) FROM pg_indexes WHERE indexname = 'notes_pinned_idx'"
    assert own(notes, indexed) == "1"


@pytest.mark.slow
def test_between_begin_and_commit_a_migration_is_done_whole_or_not_at_all(
    notes: Notes, root: Path
) -> None:
    folder, name = notes.top / "beside", "20270101000000_both"
    shutil.copytree(notes.project, folder, ignore=shutil.ignore_patterns(".git", "migrations"))
    shutil.copytree(notes.release / "prisma/migrations", folder / "prisma/migrations")
    (folder / "node_modules").symlink_to(notes.release / "node_modules")
    (folder / "prisma/migrations").chmod(0o700)
    script = folder / "prisma/migrations" / name / "migration.sql"
    script.parent.mkdir()
    made = "SELECT count(*) FROM pg_class WHERE relname = 'half'"
    half = 'CREATE TABLE "half" (id int);\nCREATE INDEX ON "half"("nothing");\n'
    for whole, left in ((f"BEGIN;\n{half}COMMIT;\n", "0"), (half, "1")):
        script.write_text(whole)
        failed = deployed(notes, address(notes, 400), folder)
        assert failed.code == 1, failed
        assert "column not found: nothing" in failed.stdout + failed.stderr
        assert own(notes, made) == left
        assert own(notes, HELD) == ""
        marked_as_rolled_back(notes, root)
    own(notes, 'DROP TABLE "half"')


@pytest.fixture
def without_node(root: Path, as_root: None) -> Iterator[tuple[Copy, Notes]]:
    """The notes in a copy of this machine that has no Node."""
    if shutil.which("apt-get") is None:
        pytest.skip("no apt-get: Uz installs packages on Debian and Ubuntu only")
    with a_copy(root) as notes, copied(root, notes.project) as copy:
        if copy.run("apt-get", "update", "-q").code:
            pytest.skip("apt-get update fails here")
        copy.shell("apt-get purge -qq -y nodejs npm >/dev/null 2>&1 || true")
        copy.shell("rm -f /usr/bin/np[mx] /usr/local/bin/node /usr/local/bin/np[mx]")
        copy.shell(TOOLS)
        yield copy, notes


@pytest.mark.slow
@pytest.mark.timeout(600)
def test_a_machine_without_node_is_given_one_that_runs_the_example(
    without_node: tuple[Copy, Notes],
) -> None:
    copy, notes = without_node
    env = ("--env", ENVIRONMENT)
    absent = copy.uz(*env, "up")
    refused(absent, "not on this machine: node", "npm", "`uz doctor --install`")
    installed = copy.uz(*env, "doctor", "--install", "--yes")
    assert installed.code == 0, installed
    assert "apt-get install -y --no-install-recommends nodejs npm" in installed.stdout
    up = copy.uz(*env, "up")
    assert up.code == 0, up
    asked_for = f"https://{DOMAIN}:{notes.base + 443}/notes"
    answer = copy.shell(f"curl -sk --resolve {DOMAIN}:{notes.base + 443}:127.0.0.1 {asked_for}")
    assert json.loads(answer) == {"notes": []}
    copy.uz(*env, "down", "--delete-data")
