import stat
from dataclasses import replace

from uz.stack import Stack
from uz.targets.local.config import digest, restart_digest, write_config
from uz.targets.local.layout import Layout
from uz.targets.local.render import render
from uz.targets.local.users import isolated
from uz.testing import MACHINE, spec

FILES = {"edge/nginx.conf": "one", "services/app-1": "two", "launch": "three"}


def test_files_are_written_and_what_changed_is_named(prepared: Layout) -> None:
    assert set(write_config(prepared, FILES)) == set(FILES)
    assert write_config(prepared, FILES) == ()
    assert write_config(prepared, {**FILES, "launch": "four"}) == ("launch",)
    assert (prepared.config / "launch").read_text() == "four"


def test_what_is_no_longer_rendered_is_removed(prepared: Layout) -> None:
    write_config(prepared, FILES)
    assert set(write_config(prepared, {"launch": "three"})) == {"edge/nginx.conf", "services/app-1"}
    assert [path.name for path in prepared.config.iterdir()] == ["launch"]


def test_a_link_that_somebody_put_there_is_removed_and_not_followed(prepared: Layout) -> None:
    write_config(prepared, FILES)
    outside = prepared.root / "outside"
    outside.mkdir()
    (outside / "file").touch()
    (prepared.config / "edge/extra").symlink_to(outside)
    assert write_config(prepared, FILES) == ("edge/extra",)
    assert (outside / "file").exists()


def test_files_are_for_the_servers_only(prepared: Layout) -> None:
    write_config(prepared, FILES)
    modes = {stat.S_IMODE(path.stat().st_mode) for path in prepared.config.rglob("*")}
    assert modes == ({0o750, 0o640} if isolated() else {0o700, 0o600})


def digests(stack: Stack, files: dict[str, str], **more: str) -> dict[str, str]:
    return {one.name: digest(one, stack, files, **more) for one in stack.services}


def test_a_service_is_applied_anew_only_for_its_own_files(stack: Stack) -> None:
    files = dict(render(spec("trial"), stack, MACHINE))
    before = digests(stack, files)
    after = digests(stack, {**files, "edge/headers.conf": "other", "README.md": "other"})
    assert {name for name in before if before[name] != after[name]} == {"edge"}


def test_a_service_is_applied_anew_for_its_credentials_release_and_program(stack: Stack) -> None:
    files = dict(render(spec("trial"), stack, MACHINE))
    edge = stack.service("edge")
    changes: tuple[dict[str, str], ...] = ({"credentials": "x"}, {"release": "x"}, {"program": "x"})
    found = {digest(edge, stack, files, **change) for change in ({}, *changes)}
    assert len(found) == 4


def test_a_restart_is_needed_only_for_how_a_service_is_started(stack: Stack) -> None:
    files = dict(render(spec("trial"), stack, MACHINE))
    edge = stack.service("edge")
    before = restart_digest(edge, files, "nginx 1")
    assert restart_digest(edge, {**files, "edge/nginx.conf": "other"}, "nginx 1") == before
    for changed in ({**files, "services/edge": "x"}, {**files, "launch": "x"}):
        assert restart_digest(edge, changed, "nginx 1") != before
    assert restart_digest(edge, files, "nginx 2") != before
    assert restart_digest(replace(edge, description="x"), files, "nginx 1") == before
