import pytest

from uz.components.edge.headers import OWN_WINS, header_maps, hsts, security_headers
from uz.testing import spec


@pytest.mark.parametrize(
    ("edge", "value"),
    [
        ({}, "max-age=63072000"),
        ({"hsts_max_age": "1h"}, "max-age=3600"),
        ({"hsts_include_subdomains": True}, "max-age=63072000; includeSubDomains"),
        ({"hsts_preload": True}, "max-age=63072000; preload"),
    ],
)
def test_hsts_says_what_was_asked_for(edge: dict[str, object], value: str) -> None:
    assert hsts(spec(edge=edge)) == value


def test_every_header_is_sent_with_errors_too() -> None:
    lines = [line for line in security_headers(spec()).splitlines() if "add_header" in line]
    assert len(lines) == 2 + len(OWN_WINS)
    assert all(line.endswith("always;") for line in lines)


def test_the_apps_own_header_wins_and_else_the_specs_counts() -> None:
    maps = header_maps(spec(edge={"frame_options": "SAMEORIGIN"}))
    assert 'map $upstream_http_x_frame_options $uz_x_frame_options {\n    default "";' in maps
    assert '"" "SAMEORIGIN";' in maps


def test_without_a_content_policy_there_is_an_empty_one_which_is_not_sent() -> None:
    (part,) = header_maps(spec()).split("$uz_content_security_policy {")[1:]
    assert part.startswith('\n    default "";\n    "" "";\n}')
