from uz.backups.finding import Finding


def test_a_finding_needs_no_figures() -> None:
    assert Finding("rows", True, "all there").figures == {}
