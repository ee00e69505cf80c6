import tomllib

import pytest
from hypothesis import given
from hypothesis import strategies as st

from uz.detect.finding import Detection, Finding, Remark, Topic
from uz.detect.write import quoted, uz_toml
from uz.errors import SpecError
from uz.spec import Kind, parse

NAME = Finding("app.name", "shop", "the folder's name")
DOMAIN = Finding("app.domain", "shop.localhost", "the name above")
COMMAND = Finding("app.command", "uvicorn a:app --port $PORT", "a.py:3: app = FastAPI(…)")
WORKER = Finding("processes.worker.command", "celery -A a worker", "a.py:9")
USABLE = (NAME, DOMAIN, COMMAND)


def uncommented(text: str, first: str) -> str:
    """Take the `# ` off a block that starts with this line."""
    lines = text.split("\n")
    begin = lines.index(f"# {first}")
    end = next(i for i in range(begin, len(lines)) if not lines[i].startswith("# "))
    return "\n".join([*lines[:begin], *(line[2:] for line in lines[begin:end]), *lines[end:]])


def test_each_value_stands_below_its_reason() -> None:
    lines = uz_toml(Detection(USABLE)).split("\n")
    place = lines.index('command = "uvicorn a:app --port $PORT"')
    assert lines[place - 1] == "# from a.py:3: app = FastAPI(…)"


def test_the_text_loads() -> None:
    spec = parse(uz_toml(Detection(USABLE)))
    assert (spec.app.name, spec.app.command) == ("shop", COMMAND.value)


def test_a_guess_is_marked() -> None:
    guess = Finding("app.health", "/up", "a.py:7", sure=False)
    assert "# CHECK, from a.py:7\nhealth = " in uz_toml(Detection((*USABLE, guess)))


def test_alternatives_are_comments() -> None:
    other = Finding("app.command", "gunicorn a:app", "b.py:1")
    text = uz_toml(Detection((*USABLE, other)))
    assert '# or, from b.py:1:\n# command = "gunicorn a:app"' in text
    assert parse(text).app.command == COMMAND.value


def test_the_number_of_alternatives_is_bounded() -> None:
    others = tuple(Finding("app.command", f"run {n}", "b.py:1") for n in range(50))
    assert uz_toml(Detection((*USABLE, *others))).count("# or, from") == 5


def test_build_steps_keep_their_order() -> None:
    steps = (Finding("app.build", "npm ci", "lock"), Finding("app.build", "npm run build", "json"))
    assert parse(uz_toml(Detection((*USABLE, *steps)))).app.build == ("npm ci", "npm run build")


def test_settings_have_a_table_of_their_own() -> None:
    text = uz_toml(Detection((*USABLE, Finding("app.env.NODE_ENV", "production", "json:1"))))
    assert parse(text).app.env == {"NODE_ENV": "production"}


def test_a_migration_has_a_table_of_its_own() -> None:
    migrate = Finding("database.migrate", "alembic upgrade head", "alembic.ini", sure=False)
    text = uz_toml(Detection((*USABLE, migrate)))
    assert "[database]\n# CHECK, from alembic.ini\nmigrate = " in text
    database = parse(text).database
    assert database
    assert database.migrate == "alembic upgrade head"


def test_a_database_comes_with_backups_on_this_machine_and_how_they_leave_it() -> None:
    migrate = Finding("database.migrate", "alembic upgrade head", "alembic.ini")
    text = uz_toml(Detection((*USABLE, migrate)))
    here = parse(text).backups
    assert here
    assert (here.schedule, here.offsite) == ("17 3 * * *", None)
    for key in ("offsite", "access_key", "secret_key"):
        text = text.replace(f"# {key} = ", f"{key} = ")
    away = parse(text).backups
    assert away
    assert (away.bucket, away.secret_key) == (
        "shop-backups",
        "ref+vault://secret/backups#/secret_key",
    )


def test_without_a_database_no_backups_are_written() -> None:
    assert "[backups]" not in uz_toml(Detection(USABLE))


def test_a_missing_command_is_marked_and_makes_loading_fail_with_its_name() -> None:
    remark = Remark(Topic.MISSING, "a server: add gunicorn", "app.command", "gunicorn a:app")
    text = uz_toml(Detection((NAME, DOMAIN), (remark,)))
    assert "# TODO: write the command" in text
    assert '# command = "gunicorn a:app"' in text
    assert text.count("add gunicorn") == 1
    with pytest.raises(SpecError, match="app.command: missing"):
        parse(text)


def test_the_staging_example_loads_once_its_marks_are_removed() -> None:
    text = uncommented(uz_toml(Detection(USABLE)), "[environments.staging]")
    spec = parse(text, "staging")
    assert (spec.kind, spec.app.domain) == (Kind.STAGING, "staging.shop.localhost")


def test_a_worker_loads_once_its_marks_are_removed() -> None:
    text = uz_toml(Detection((*USABLE, WORKER)))
    assert parse(text).processes == {}
    spec = parse(uncommented(text, "[processes.worker]"))
    assert spec.processes["worker"].command == WORKER.value


def test_remarks_stand_below_their_topic() -> None:
    remarks = (Remark(Topic.LATER, "alembic.ini: migrations"), Remark(Topic.CHANGE, "a lock"))
    text = uz_toml(Detection(USABLE, remarks, unread=("b.py: not UTF-8",)))
    assert "# To change in the app:\n#   - a lock\n" in text
    assert "# Could not read:\n#   - b.py: not UTF-8\n" in text
    assert text.index("a lock") < text.index("alembic.ini")


def test_long_remarks_are_wrapped() -> None:
    text = uz_toml(Detection(USABLE, (Remark(Topic.CHANGE, "some words " * 30),)))
    assert max(map(len, text.split("\n"))) <= 100


@given(st.text(st.characters(categories=["L", "N", "P", "S", "Zs"]), max_size=50))
def test_visible_text_survives_being_quoted(text: str) -> None:
    if text.isprintable():
        assert tomllib.loads(f"x = {quoted(text)}") == {"x": text}


@given(st.text(st.characters(codec=None)), st.text(st.characters(codec=None)))
def test_no_reason_and_no_remark_can_end_its_comment(because: str, text: str) -> None:
    finding = Finding("app.health", "/up", because)
    detection = Detection((*USABLE, finding), (Remark(Topic.CHANGE, text),), unread=(text,))
    assert parse(uz_toml(detection)).app.health == "/up"
