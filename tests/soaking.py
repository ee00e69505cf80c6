"""Of many like cases one runs with `bin/test --all`, and the others only with `--soak`."""

from collections.abc import Iterable
from typing import Any

import pytest


def soaked(cases: Iterable[Any], but: Any) -> list[Any]:
    """These cases, all but one of them for `--soak`."""
    return [one if one == but else pytest.param(one, marks=pytest.mark.soak) for one in cases]
