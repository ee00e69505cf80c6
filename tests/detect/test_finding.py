from hypothesis import given
from hypothesis import strategies as st

from uz.detect.finding import Detection, Finding, Remark, Topic, at, shown

READY = Finding("app.health", "/health/ready", "shop/health.py:3")
LIVE = Finding("app.health", "/health/live", "shop/health.py:9")


def test_the_first_finding_for_a_key_counts_and_the_others_stay_known() -> None:
    detection = Detection((READY, LIVE))
    assert detection.chosen("app.health") is READY
    assert detection.all("app.health") == (READY, LIVE)


def test_a_key_without_a_finding_has_none() -> None:
    assert Detection((READY,)).chosen("app.command") is None


def test_remarks_are_told_apart_by_their_topic() -> None:
    missing, later = Remark(Topic.MISSING, "a server"), Remark(Topic.LATER, "a database")
    assert Detection((), (missing, later)).on(Topic.LATER) == (later,)


def test_a_place_names_file_and_line() -> None:
    assert at("shop/main.py", 12, "app = FastAPI(…)") == "shop/main.py:12: app = FastAPI(…)"


def test_a_place_without_a_line_names_the_file() -> None:
    assert at("package.json", 0, "express") == "package.json: express"


def test_text_of_a_repository_stays_on_its_line() -> None:
    assert shown("one\n[network]\r\nport_base = 1") == "one [network] port_base = 1"


def test_escape_sequences_and_direction_marks_become_visible() -> None:
    assert shown("a\x1b[2Jb\u202ec\x7f") == "a?[2Jb?c?"


def test_long_text_is_cut() -> None:
    assert shown("x" * 500, longest=10) == "x" * 9 + "…"


@given(st.text(st.characters(codec=None)))
def test_whatever_is_shown_is_one_printable_line(text: str) -> None:
    result = shown(text)
    assert result.isprintable()
    assert len(result) <= 160
    result.encode()
