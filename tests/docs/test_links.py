"""Every link leads somewhere, and every page is found from docs/index.md."""

from pathlib import Path

from tests.docs.pages import anchors, links, pages


def broken(page: Path, link: str) -> bool:
    """Whether a link of a page leads nowhere; other sites are not asked."""
    if "://" in link or link.startswith("mailto:"):
        return False
    name, _, anchor = link.partition("#")
    target = (page.parent / name).resolve() if name else page
    if not target.exists():
        return True
    return bool(anchor) and (target.suffix != ".md" or anchor not in anchors(target))


def test_every_link_leads_to_a_file_and_a_heading_that_are_there(root: Path) -> None:
    found = [
        f"{page.relative_to(root)}: {link}"
        for page in pages(root)
        for link in links(page)
        if broken(page, link)
    ]
    assert found == []


def test_every_page_of_the_documentation_is_reached_from_its_index(root: Path) -> None:
    waiting, reached = [root / "docs/index.md"], set()
    while waiting:
        page = waiting.pop()
        if page in reached or page.suffix != ".md":
            continue
        reached.add(page)
        names = (link.partition("#")[0] for link in links(page) if "://" not in link)
        waiting += [(page.parent / name).resolve() for name in names if name]
    written = set((root / "docs").rglob("*.md")) | {root / "README.md", root / "CONTRIBUTING.md"}
    assert {str(page.relative_to(root)) for page in written - reached} == set()


def test_a_link_to_a_missing_file_or_heading_is_found(tmp_path: Path) -> None:
    page = tmp_path / "page.md"
    page.write_text("# A heading: `code`, and more\n[a](#a-heading-code-and-more) [b](page.md)\n")
    assert [link for link in links(page) if broken(page, link)] == []
    page.write_text("[a](#nowhere) [b](gone.md) `[c](code.md)`\n```text\n[d](block.md)\n```\n")
    assert [link for link in links(page) if broken(page, link)] == ["#nowhere", "gone.md"]
