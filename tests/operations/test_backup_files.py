import pytest
from tests.places import Projects

from uz.errors import UnreachableError
from uz.operations import backup_files as module
from uz.operations.backup_files import pruned_files, restic_of, taken_files
from uz.operations.place import Place
from uz.secret import FileSecrets, SecretSource
from uz.targets.local.backups.delivered import DeliveredSecrets
from uz.targets.local.backups.files import FilesTaken
from uz.targets.local.backups.repository import Repository, prepare_repository


@pytest.fixture
def place(projects: Projects) -> Place:
    one = projects.applied(backups={})
    one.layout.data.mkdir()
    folder = one.layout.credentials / "backups"
    folder.mkdir(parents=True)
    (folder / "passphrase").write_bytes(b"p" * 8)
    return one


@pytest.fixture
def sources(monkeypatch: pytest.MonkeyPatch) -> list[SecretSource]:
    """Where secrets came from."""
    found: list[SecretSource] = []

    def back_up(
        _layout: object,
        _spec: object,
        _place: object,
        source: SecretSource,
        missing: tuple[str, ...],
    ) -> FilesTaken:
        found.append(source)
        return FilesTaken("s1", (*missing, "redis: no"))

    monkeypatch.setattr(module, "back_up_files", back_up)
    return found


def test_secrets_come_from_the_manager(place: Place, sources: list[SecretSource]) -> None:
    one = prepare_repository(place.layout)
    assert taken_files(place, one) == FilesTaken("s1", ("redis: no",))
    assert isinstance(sources[0], FileSecrets)


def test_where_it_does_not_answer_the_rest_is_taken_with_what_was_delivered(
    place: Place, sources: list[SecretSource], monkeypatch: pytest.MonkeyPatch
) -> None:
    def away(*_: object) -> SecretSource:
        raise UnreachableError("OpenBao: no answer")

    monkeypatch.setattr(module, "log_in", away)
    found = taken_files(place, prepare_repository(place.layout))
    assert found.missing == ("the secrets manager: OpenBao: no answer", "redis: no")
    assert isinstance(sources[0], DeliveredSecrets)


def test_old_snapshots_go_and_nothing_happens_where_there_are_none(place: Place) -> None:
    one = prepare_repository(place.layout)
    pruned_files(place, one, 1)
    restic = restic_of(place, one)
    restic.init()
    for number in range(3):
        (place.project / "file").write_text(str(number))
        restic.back_up([place.project / "file"])
    pruned_files(place, one, 2)
    assert len(restic.snapshots()) == 2
    assert isinstance(one, Repository)
