from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from tests.targets.local.own_openbao import OwnOpenBao

from uz.components import compose
from uz.errors import (
    MachineError,
    RefusedError,
    SecretError,
    SpecError,
    UnhealthyError,
    UnreachableError,
    UzError,
)
from uz.managers import ManagedSecrets
from uz.secret import FileSecrets, Secret
from uz.spec import Spec
from uz.targets.local import secrets_first
from uz.targets.local.bootstrap import make_bootstrap, read_bootstrap
from uz.targets.local.layout import Layout
from uz.targets.local.one_run import Run
from uz.targets.local.sealed import Sealed, seal
from uz.targets.local.secrets_first import Keeper, keep, local_bootstrap, remember_secrets
from uz.targets.local.state import State
from uz.targets.local.supervise import Supervisor
from uz.testing import MACHINE, MemoryManager, spec

AWS = {"manager": "awssecrets"}
VALUES = {"redis/app": Secret(b"of-the-sealed-copy")}


@pytest.fixture
def place(layout: Layout) -> Layout:
    layout.root.mkdir(parents=True)
    return layout


def a_run(layout: Layout, of: Spec, project: Path = Path("/nonexistent")) -> Run:
    """A run that has just begun; what it tells is in `notes` of the list."""
    told: list[tuple[str, str]] = []
    stack = compose(of, MACHINE)
    return Run(layout, of, stack, MACHINE, project, lambda *words: told.append(words), State())


def kept(run: Run, identity: Secret | None = None) -> Keeper:
    return keep(run, Supervisor(run.layout), identity=identity, origin=None)


@pytest.fixture
def manager(monkeypatch: pytest.MonkeyPatch) -> MemoryManager:
    """The user's own manager, in memory."""
    one = MemoryManager()
    source = ManagedSecrets(one, "shop/trial/uz")

    def log_in(*_: object) -> ManagedSecrets:
        source.names()
        return source

    monkeypatch.setattr(secrets_first, "log_in", log_in)
    return one


def of_aws(**tables: Any) -> Spec:
    return spec("trial", **{"secrets": AWS, **tables})


def test_what_uz_makes_up_is_made_once_and_kept_in_the_manager(
    place: Layout, manager: MemoryManager
) -> None:
    run = a_run(place, of_aws(app={"generated_secrets": ["session-key"]}))
    first = kept(run).source.read("app/session-key")
    assert first is not None
    assert len(first.reveal()) >= 40
    assert kept(run).source.read("app/session-key") == first
    assert len(manager.versions["shop/trial/uz/app/session-key"]) == 1


def test_what_lay_in_the_file_moves_and_is_told(place: Layout, manager: MemoryManager) -> None:
    FileSecrets(place.secrets).write("app/session-key", Secret(b"of-the-file"))
    told: list[tuple[str, str]] = []
    run = a_run(place, of_aws(app={"generated_secrets": ["session-key"]}))
    run.progress = lambda *words: told.append(words)
    assert kept(run).source.read("app/session-key") == Secret(b"of-the-file")
    assert not place.secrets.exists()
    assert "1 moved" in told[0][1]


def test_everything_that_is_missing_is_told_before_anything_is_made_up(
    place: Layout, manager: MemoryManager
) -> None:
    env = {"A": "ref+awssecrets://shop/a", "B": "ref+awssecrets://shop/b"}
    run = a_run(place, of_aws(app={"env": env, "generated_secrets": ["session-key"]}))
    with pytest.raises(SecretError) as raised:
        kept(run)
    assert str(raised.value).count("nothing at") == 2
    assert manager.versions == {}


def sealed_at(place: Layout, ago: timedelta, monkeypatch: pytest.MonkeyPatch) -> None:
    """A sealed copy of some time ago."""
    from uz.targets.local import sealed

    class Then(datetime):
        @classmethod
        def now(cls, tz: object = None) -> datetime:  # type: ignore[override] # noqa: ARG003
            return datetime.now(UTC) - ago

    with monkeypatch.context() as patch:
        patch.setattr(sealed, "datetime", Then)
        seal(place, make_bootstrap(place.bootstrap).sealing_key, VALUES)


@pytest.mark.parametrize("error", [UnreachableError("no answer"), UnhealthyError("not ready")])
def test_where_nothing_answers_the_sealed_copy_serves_and_that_is_said(
    place: Layout, monkeypatch: pytest.MonkeyPatch, error: UzError
) -> None:
    sealed_at(place, timedelta(hours=1), monkeypatch)

    def log_in(*_: object) -> None:
        raise error

    monkeypatch.setattr(secrets_first, "log_in", log_in)
    run = a_run(place, of_aws())
    keeper = kept(run)
    assert isinstance(keeper.stale, Sealed)
    assert keeper.source.read("redis/app") == VALUES["redis/app"]
    (failed,) = run.failed
    assert type(failed) is type(error)
    assert "from the sealed copy" in str(failed)
    assert run.state.stale_secrets.endswith("UTC")
    before = place.sealed.read_bytes()
    remember_secrets(run, keeper)
    assert place.sealed.read_bytes() == before, "its age counts from when the manager gave it"


def test_a_pipeline_whose_token_nobody_has_seen_gets_nothing_from_the_sealed_copy(
    place: Layout, monkeypatch: pytest.MonkeyPatch
) -> None:
    sealed_at(place, timedelta(hours=1), monkeypatch)

    def log_in(*_: object) -> None:
        raise UnreachableError("no answer")

    monkeypatch.setattr(secrets_first, "log_in", log_in)
    run, token = a_run(place, of_aws()), Secret(b"whatever.it.says")
    with pytest.raises(UnreachableError):
        keep(run, Supervisor(place), identity=token, origin=None)
    assert run.state.stale_secrets == ""


@pytest.mark.parametrize(
    "error",
    [RefusedError("expired"), SecretError("is sealed"), MachineError("the port is taken")],
)
def test_a_manager_that_says_no_is_believed(
    place: Layout, monkeypatch: pytest.MonkeyPatch, error: UzError
) -> None:
    sealed_at(place, timedelta(hours=1), monkeypatch)

    def log_in(*_: object) -> None:
        raise error

    monkeypatch.setattr(secrets_first, "log_in", log_in)
    with pytest.raises(type(error), match=str(error)):
        kept(a_run(place, of_aws()))


@pytest.mark.parametrize(("ago", "stale_for"), [(25, "24h"), (2, "1h"), (1, "0s"), (-24, "24h")])
def test_one_that_is_too_old_unwanted_or_of_another_clock_is_not_used(
    place: Layout, manager: MemoryManager, monkeypatch: pytest.MonkeyPatch, ago: int, stale_for: str
) -> None:
    sealed_at(place, timedelta(hours=ago), monkeypatch)
    manager.failing = UnreachableError("no answer")
    with pytest.raises(UnreachableError, match="^no answer$"):
        kept(a_run(place, of_aws(secrets=AWS | {"stale_for": stale_for})))


def test_one_that_was_tampered_with_is_not_used_and_the_first_error_stays(
    place: Layout, manager: MemoryManager, monkeypatch: pytest.MonkeyPatch
) -> None:
    sealed_at(place, timedelta(hours=1), monkeypatch)
    place.sealed.write_bytes(place.sealed.read_bytes()[:-1] + b"\0")
    manager.failing = UnreachableError("no answer")
    with pytest.raises(UnreachableError, match="^no answer$"):
        kept(a_run(place, of_aws()))


def test_what_was_given_is_sealed_for_bad_times_and_nothing_where_that_is_unwanted(
    place: Layout, manager: MemoryManager
) -> None:
    run = a_run(place, of_aws(app={"generated_secrets": ["session-key"]}))
    keeper = kept(run)
    value = keeper.source.read("app/session-key")
    remember_secrets(run, keeper)
    manager.failing = UnreachableError("no answer")
    assert kept(a_run(place, run.spec)).source.read("app/session-key") == value
    manager.failing = None
    unwanted = a_run(place, of_aws(secrets=AWS | {"stale_for": "0s"}))
    remember_secrets(unwanted, kept(unwanted))
    assert not place.sealed.exists()


def test_of_manager_file_there_is_no_credential_and_no_copy(place: Layout) -> None:
    run = a_run(place, spec("trial"))
    keeper = kept(run)
    remember_secrets(run, keeper)
    assert local_bootstrap(place, run.spec) is None
    assert not place.bootstrap.exists()
    assert not place.sealed.exists()


def test_the_credential_is_made_once_where_nothing_depends_on_one(place: Layout) -> None:
    of = spec("trial", secrets={})
    first = local_bootstrap(place, of)
    assert first is not None
    assert local_bootstrap(place, of) == first == read_bootstrap(place.bootstrap)


def test_a_lost_credential_is_never_made_anew_beside_secrets_that_it_opened(place: Layout) -> None:
    of = spec("trial", secrets={})
    (place.data / "openbao").mkdir(parents=True)
    assert local_bootstrap(place, of) is not None, "an empty folder holds nothing"
    place.bootstrap.unlink()
    (place.data / "openbao/vault.db").touch()
    with pytest.raises(SecretError, match="the bootstrap credential is not there"):
        local_bootstrap(place, of)
    assert not place.bootstrap.exists()
    place.initialising.touch()
    assert local_bootstrap(place, of) is not None, "nothing of value is in one half made"


@pytest.mark.parametrize("login", ["approle", "token"])
def test_what_the_user_has_to_give_is_not_made_up(place: Layout, login: str) -> None:
    vault = {"manager": "vault", "address": "https://vault.example", "role": "x", "login": login}
    assert local_bootstrap(place, spec("trial", secrets=vault)) is None
    assert not place.bootstrap.exists()


@pytest.fixture
def running(own: OwnOpenBao, monkeypatch: pytest.MonkeyPatch) -> OwnOpenBao:
    """The environment's own OpenBao, which is up already."""
    monkeypatch.setattr(secrets_first, "bring_openbao", lambda *_: None)
    return own


@pytest.mark.live
def test_from_its_own_openbao_each_service_reads_by_its_own_rights(running: OwnOpenBao) -> None:
    run = a_run(running.layout, running.spec)
    keeper = kept(run)
    assert keeper.reading is not None
    app = run.stack.service("app-1")
    assert keeper.reading(app).read("redis/app") == running.source.read("redis/app")
    with pytest.raises(RefusedError):
        keeper.reading(app).read("redis/admin")
    assert run.notes == []


@pytest.mark.live
def test_a_reference_into_it_is_read_by_the_reader_and_not_handed_on(running: OwnOpenBao) -> None:
    text = "ref+vault://secret/test-first#/key"
    running.source.manager.write("secret/test-first", {"key": Secret(b"sk-of-the-user")})
    of = running.spec.model_copy(
        update={"app": running.spec.app.model_copy(update={"env": {"STRIPE_KEY": text}})}
    )
    run = a_run(running.layout, of)
    keeper = kept(run)
    assert keeper.given == {}
    assert keeper.reading is not None
    assert keeper.reading(run.stack.service("app-1")).read(text) == Secret(b"sk-of-the-user")
    assert keeper.seen[text] == Secret(b"sk-of-the-user")


def with_pipeline(running: OwnOpenBao, **more: Any) -> Spec:
    table = {"issuer": "http://127.0.0.1:1", "audience": "https://shop.example",
             "claims": {"repository": "example/shop"}, **more}  # fmt: skip
    return running.spec.model_copy(update={"pipeline": spec(pipeline=table).pipeline})


@pytest.mark.live
def test_an_issuer_that_does_not_answer_is_a_note_and_no_error(running: OwnOpenBao) -> None:
    run = a_run(running.layout, with_pipeline(running))
    kept(run)
    (note,) = run.notes
    assert "http://127.0.0.1:1 does not answer" in note
    again = a_run(running.layout, running.spec)
    kept(again)
    assert again.notes == [], "without [pipeline] nobody gets in, and nothing is to be said"


@pytest.mark.live
def test_a_missing_ca_of_the_issuer_is_named(running: OwnOpenBao, tmp_path: Path) -> None:
    run = a_run(running.layout, with_pipeline(running, authority="ci/ca.pem"), tmp_path)
    with pytest.raises(SpecError, match=rf"pipeline\.authority: {tmp_path}/ci/ca\.pem: No such"):
        kept(run)


@pytest.mark.live
def test_a_wrong_credential_never_leads_to_old_secrets(
    running: OwnOpenBao, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    other = tmp_path / "other"
    key = make_bootstrap(other).sealing_key
    of = running.spec.model_copy(
        update={"secrets": running.spec.secrets.model_copy(update={"bootstrap": str(other)})}
    )
    monkeypatch.setattr(Layout, "sealed", tmp_path / "secrets.age")
    run = a_run(running.layout, of)
    seal(run.layout, key, VALUES)
    with pytest.raises(RefusedError):
        kept(run)
    assert run.failed == []
    assert replace(run.state) == run.state
