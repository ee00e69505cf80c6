import pytest
from tests.cli.conftest import Uz
from tests.places import Projects

from uz.operations.place import Place


@pytest.fixture
def place(projects: Projects) -> Place:
    return projects.applied()


def written(place: Place, service: str, text: str) -> None:
    place.layout.logs.mkdir(exist_ok=True)
    (place.layout.logs / f"{service}.log").write_text(text)


def test_a_service_that_nobody_knows_is_two_and_names_those_there_are(uz: Uz, place: Place) -> None:
    said = uz("logs", "postgres")
    assert said.code == 2
    assert all(service.name in said.err for service in place.stack.services)


@pytest.mark.usefixtures("place")
def test_no_log_yet_is_two_and_says_what_next(uz: Uz) -> None:
    said = uz("logs")
    assert said.code == 2
    assert "next: `uz up` starts the services." in said.err


def test_the_last_lines_of_one_service_are_as_it_wrote_them(uz: Uz, place: Place) -> None:
    written(place, "app-1", "one\ntwo\nthree\n")
    written(place, "app-2", "other\n")
    assert uz("logs", "app-1", "-n", "2").out == "two\nthree\n"
    assert uz("logs", "app-1", "-n", "0").out == ""


def test_the_lines_of_many_are_labelled(uz: Uz, place: Place) -> None:
    written(place, "app-1", "one\n")
    written(place, "app-2", "two\n")
    assert uz("logs").out == "app-1 | one\napp-2 | two\n"
