import json
from collections.abc import Callable
from pathlib import Path

import pytest
from tests.cli.conftest import Uz
from tests.places import Projects
from tests.scanning.conftest import Repository
from tests.scanning.gitleaks import TOKEN, program

from uz.checklist.secrecy import older
from uz.operations import place as placing
from uz.operations import reaching, scan_secrets
from uz.operations.place import Place
from uz.scanning import places
from uz.secret import Secret
from uz.testing import FakeEnvironment, MemorySecrets, spec

pytestmark = pytest.mark.live
VALUE = b"n0-such-value+in/any?other=file"
Plant = Callable[[str, bytes], None]


@pytest.fixture(scope="module")
def scanner(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The scanner for patterns."""
    return program(tmp_path_factory.mktemp("tools"))


@pytest.fixture
def project(projects: Projects, monkeypatch: pytest.MonkeyPatch, scanner: Path) -> Place:
    """A project under git that was brought up, on a machine without processes."""
    fake = FakeEnvironment(spec())
    fake.source = MemorySecrets({"stripe-key": VALUE})
    monkeypatch.setattr(Place, "environment", property(lambda _place: fake))
    monkeypatch.setattr(placing, "require", lambda *_: None)
    monkeypatch.setattr(scan_secrets, "gitleaks_program", lambda: scanner)
    monkeypatch.setattr(places, "processes", lambda: iter(()))
    place = projects.applied()
    repository = Repository(place.project)
    repository.git("init", "--quiet", "--initial-branch=main")
    repository.commit()
    return place


def test_a_clean_project_is_zero_and_says_how_much_was_looked_at(uz: Uz, project: Place) -> None:
    said = uz("secrets", "scan")
    assert (said.code, said.err) == (0, "")
    assert "  work tree        1 looked at" in said.out
    assert "1 values looked for in " in said.out
    assert "MB/s\n" in said.out
    assert said.out.endswith("\nclean\n")


def test_what_is_found_is_one_line_for_each_secret_and_place(uz: Uz, project: Place) -> None:
    (project.project / ".env").write_bytes(
        VALUE + b"\n" + b"n0-such-value%2Bin%2Fany%3Fother%3Dfile"
    )
    (project.project / "evil\n\x1b[31m").write_bytes(VALUE)
    said = uz("--quiet", "secrets", "scan")
    assert said.code == 1
    lines = said.out.splitlines()
    assert lines[0].split() == ["SECRET", "FORM", "PLACE"]
    assert lines[1].split() == ["stripe-key", "plain", ".env:1"]
    assert lines[2].split() == ["stripe-key", "url", ".env:2"]
    assert lines[3].endswith(r"  evil\n\x1b[31m:1")
    assert lines[-1] == "secrets were found"
    assert "n0-such" not in said.out + said.err


def test_what_looks_like_a_secret_is_shown_with_its_fingerprint(uz: Uz, project: Place) -> None:
    (project.project / "a.py").write_bytes(b"token = " + TOKEN)
    said = uz("secrets", "scan")
    assert said.code == 1
    assert "github-pat  a.py:github-pat:1  a.py:1" in said.out
    assert TOKEN.decode() not in said.out


def test_the_baseline_is_used_and_its_dead_entries_are_told(uz: Uz, project: Place) -> None:
    (project.project / "a.py").write_bytes(b"token = " + TOKEN)
    baseline = project.layout.home / "baseline.toml"
    entry = '[[accepted]]\nfingerprint = "{}"\nreason = "an example"\nexpires = {}\n'
    baseline.write_text(
        entry.format("a.py:github-pat:1", "2999-01-01") + entry.format("b:aws:1", "2999-01-01")
    )
    said = uz("secrets", "scan", "--baseline", str(baseline))
    assert said.code == 0
    assert "1 accepted by the baseline" in said.out
    assert "accepted, and no longer there: b:aws:1" in said.out
    baseline.write_text(entry.format("a.py:github-pat:1", "2020-01-01"))
    said = uz("secrets", "scan", "--baseline", str(baseline))
    assert said.code == 1
    assert "accepted until 2020-01-01, no longer: a.py:github-pat:1" in said.out


def test_a_bad_baseline_is_two(uz: Uz, project: Place) -> None:
    said = uz("secrets", "scan", "--baseline", "/nonexistent/a.toml")
    assert said.code == 2
    assert "/nonexistent/a.toml: not found" in said.err


def test_what_could_not_be_looked_at_is_three(uz: Uz, project: Place) -> None:
    (project.project / ".git/shallow").touch()
    said = uz("secrets", "scan")
    assert said.code == 3
    assert "not looked at: .git: history: a shallow clone" in said.out
    assert said.out.endswith("\nundecided\n")
    assert uz("secrets", "scan", "--no-history").code == 0


def test_json_is_all_that_is_printed(uz: Uz, project: Place) -> None:
    (project.project / ".env").write_bytes(VALUE)
    said = uz("secrets", "scan", "--json")
    form = json.loads(said.out)
    assert (said.code, form["clean"], form["values"]) == (1, False, 1)
    assert form["findings"] == [
        {"secret": "stripe-key", "form": "plain", "times": 1, "place": ".env:1", "kind": "file",
         "line": 1}
    ]  # fmt: skip


def test_an_environment_that_was_never_up_has_no_values_and_says_so(uz: Uz, project: Place) -> None:
    project.layout.state.unlink()
    (project.project / ".env").write_bytes(VALUE)
    said = uz("secrets", "scan")
    assert said.code == 0
    assert "never brought up: only patterns were looked for" in said.out


def test_uz_s_own_manager_is_started_where_it_is_down(
    uz: Uz, project: Place, projects: Projects, monkeypatch: pytest.MonkeyPatch
) -> None:
    asked: list[str] = []
    monkeypatch.setattr(reaching, "reached", lambda _place, command, _told: asked.append(command))
    projects.project(secrets={"manager": "openbao"})
    assert uz("secrets", "scan").code == 0
    assert asked == ["secrets scan"]
    project.layout.state.unlink()
    uz("secrets", "scan")
    assert asked == ["secrets scan"], "one that was never up has none to start"


def test_an_older_key_of_the_user_s_comes_with_what_to_do(
    uz: Uz, project: Place, monkeypatch: pytest.MonkeyPatch
) -> None:
    name = "ref+vault://secret/stripe#/key (version 1)"
    monkeypatch.setattr(older, "superseded", lambda _: {name: Secret(b"an-old-key-of-stripe")})
    Repository(project.project).commit(config=b"an-old-key-of-stripe")
    Repository(project.project).commit(config=b"")
    said = uz("secrets", "scan")
    assert said.code == 1
    assert f"{name}  plain" in said.out
    assert "have it revoked where it comes from" in said.out
    (project.project / ".uz-secrets-baseline.toml").write_text(
        f'[[accepted]]\nfingerprint = "{name}"\nreason = "revoked"\nexpires = 2999-01-01\n'
    )
    said = uz("secrets", "scan")
    assert said.code == 0
    assert "1 in history only, older and accepted by the baseline" in said.out
