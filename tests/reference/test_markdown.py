"""Markdown that shows what was meant."""

from uz.reference.markdown import code, table


def test_a_table_has_a_header_and_a_row_for_each_entry() -> None:
    assert table(("a", "b"), [("1", "2")]) == "| a | b |\n| --- | --- |\n| 1 | 2 |\n"


def test_pipes_and_line_breaks_do_not_end_a_cell() -> None:
    assert table(("a",), [("x | y\nz",)]).endswith("| x \\| y z |\n")


def test_code_is_marked() -> None:
    assert code("uz up") == "`uz up`"
