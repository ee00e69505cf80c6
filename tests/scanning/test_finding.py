from uz.scanning.finding import Finding, Gap, Kind, Looked, Spot


def test_a_place_says_its_line_where_it_is_known() -> None:
    assert str(Spot(Kind.FILE, "a.py", 3)) == "a.py:3"
    assert str(Spot(Kind.FILE, "a.py")) == "a.py"


def test_what_was_looked_at_adds_up() -> None:
    one = Looked((Finding("key", "plain", Spot(Kind.FILE, "a")),), (), 1, 10, 0.5)
    two = Looked((), (Gap("b", "may not be read"),), 2, 20, 0.25)
    both = one + two
    assert both == Looked(one.findings, two.gaps, 3, 30, 0.75)


def test_a_gap_says_what_and_why() -> None:
    assert str(Gap("b", "may not be read")) == "b: may not be read"
