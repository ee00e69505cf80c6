from collections.abc import Callable
from configparser import ConfigParser

import pytest

from uz.components import compose
from uz.targets.local.supervisord import supervisord_conf
from uz.testing import MACHINE, spec

SPEC = spec("trial", processes={"mail": {"command": "mail"}}, logs={"max_size": "1MiB", "keep": 3})
STACK = compose(SPEC, MACHINE)


def sections(text: str) -> ConfigParser:
    parser = ConfigParser(interpolation=None, inline_comment_prefixes=(";",))
    parser.read_string(text)
    return parser


@pytest.mark.parametrize(("isolated", "name"), [(True, "isolated"), (False, "shared")])
def test_the_file_is_the_one_that_was_reviewed(
    isolated: bool, name: str, golden: Callable[[str, str], None]
) -> None:
    golden(f"{name}/supervisord.conf", supervisord_conf(SPEC, STACK, isolated=isolated))


def test_every_service_is_a_program_that_does_not_start_by_itself() -> None:
    found = sections(supervisord_conf(SPEC, STACK, isolated=False))
    programs = [name for name in found.sections() if name.startswith("program:")]
    assert programs == [f"program:{service.name}" for service in STACK.in_start_order()]
    assert {found[name]["autostart"] for name in programs} == {"false"}
    assert {found[name]["autorestart"] for name in programs} == {"true"}


def test_the_app_is_stopped_with_its_children_and_the_edge_in_its_own_way() -> None:
    found = sections(supervisord_conf(SPEC, STACK, isolated=False))
    assert found["program:app-1"]["stopasgroup"] == "true"
    assert found["program:edge"]["stopasgroup"] == "false"
    assert found["program:edge"]["stopsignal"] == "QUIT"


def test_logs_are_bounded() -> None:
    found = sections(supervisord_conf(SPEC, STACK, isolated=False))
    assert found["program:app-1"]["stdout_logfile_maxbytes"] == str(2**20)
    assert found["program:app-1"]["stdout_logfile_backups"] == "3"


def test_one_more_instance_changes_no_other_program() -> None:
    def programs(count: int) -> set[str]:
        made = spec("trial", app={"instances": count})
        text = supervisord_conf(made, compose(made, MACHINE), isolated=False)
        return set(text.split("\n\n"))

    assert len(programs(3) - programs(2)) == 1
