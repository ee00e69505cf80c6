from tests.cli.conftest import Uz
from tests.places import Projects

from uz import trail
from uz.targets.local.layout import machine_trail


def test_a_machine_without_a_history_has_an_empty_table(uz: Uz, projects: Projects) -> None:
    projects.project()
    said = uz("history")
    assert (said.code, said.out.split()) == (
        0,
        ["TIME", "WHO", "ENVIRONMENT", "COMMAND", "OUTCOME"],
    )


def test_the_apps_and_the_machines_entries_are_told_together_oldest_first(
    uz: Uz, projects: Projects
) -> None:
    place = projects.applied()
    for path, time, command in (
        (place.layout.trail, "2026-03-01T12:00:00+00:00", "uz up"),
        (place.layout.trail, "2026-03-03T12:00:00+00:00", "uz down"),
        (machine_trail(projects.home), "2026-03-02T12:00:00+00:00", "uz doctor --install"),
    ):
        trail.record(path, "production", command, "done")
        lines = path.read_text().splitlines()
        now = trail.entries(path)[-1].time
        path.write_text("\n".join([*lines[:-1], lines[-1].replace(now, time)]) + "\n")
    told = uz("history").out.splitlines()[1:]
    assert [line[:10] for line in told] == ["2026-03-01", "2026-03-02", "2026-03-03"]
    assert "uz doctor --install" in told[1]
    assert [line[:10] for line in uz("history", "-n", "1").out.splitlines()[1:]] == ["2026-03-03"]
