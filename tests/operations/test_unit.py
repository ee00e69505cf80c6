import configparser
import shlex
import sys
from dataclasses import replace

import pytest
from tests.places import Projects

from uz.operations.place import Place
from uz.operations.unit import unit_name, unit_text


@pytest.fixture
def place(projects: Projects) -> Place:
    return projects.place()


def parsed(text: str) -> configparser.ConfigParser:
    """The unit as systemd would read it: no key twice in a section."""
    parser = configparser.ConfigParser(interpolation=None)
    parser.optionxform = str  # type: ignore[assignment,method-assign]
    parser.read_string(text)
    return parser


def isolated(place: Place) -> Place:
    return replace(place, machine=replace(place.machine, isolated=True))


def test_each_environment_has_a_unit_of_its_own(projects: Projects, place: Place) -> None:
    assert unit_name(place) == "uz-shop-production.service"
    assert unit_name(projects.place("trial")) == "uz-shop-trial.service"


def test_it_starts_this_very_project_in_the_foreground(place: Place) -> None:
    service = parsed(unit_text(place))["Service"]
    assert shlex.split(service["ExecStart"]) == [
        sys.executable, "-m", "uz", "--project", str(place.project), "--env", "production",
        "up", "--foreground",
    ]  # fmt: skip
    assert service["Environment"] == f"UZ_HOME={place.layout.home}"


def test_it_gives_every_service_the_time_it_needs_to_stop(place: Place) -> None:
    needed = sum(service.stop_timeout for service in place.stack.services)
    seconds = parsed(unit_text(place))["Service"]["TimeoutStopSec"].removesuffix("s")
    assert float(seconds) >= needed


def test_an_ordinary_users_unit_runs_as_that_user_with_one_capability(
    place: Place, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("LOGNAME", "ada")
    service = parsed(unit_text(place))["Service"]
    assert service["User"] == "ada"
    assert service["CapabilityBoundingSet"] == "CAP_NET_BIND_SERVICE"
    assert service["AmbientCapabilities"] == "CAP_NET_BIND_SERVICE"


def test_with_isolation_it_starts_as_root_and_may_change_users(place: Place) -> None:
    service = parsed(unit_text(isolated(place)))["Service"]
    assert "User" not in service
    assert "AmbientCapabilities" not in service
    assert {"CAP_SETUID", "CAP_SETGID", "CAP_SETPCAP"} <= set(
        service["CapabilityBoundingSet"].split()
    )
    assert "CAP_SYS_ADMIN" not in service["CapabilityBoundingSet"].split()


@pytest.mark.parametrize("with_isolation", [True, False])
def test_it_is_hardened(place: Place, with_isolation: bool) -> None:
    service = parsed(unit_text(isolated(place) if with_isolation else place))["Service"]
    assert service["ProtectSystem"] == "strict"
    assert str(place.layout.home) in service["ReadWritePaths"].split()
    switches = ("NoNewPrivileges", "PrivateTmp", "PrivateDevices", "ProtectKernelModules",
                "RestrictSUIDSGID", "LockPersonality")  # fmt: skip
    assert {service[name] for name in switches} == {"yes"}
