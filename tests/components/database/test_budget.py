import re

from hypothesis import given
from hypothesis import strategies as st

from uz.components.database.budget import ADMINISTRATOR, Budget, budget
from uz.components.database.roles import roles
from uz.spec import Database
from uz.testing import spec

BUDGETS = st.builds(
    Budget, pool=st.integers(1, 1000), processes=st.integers(1, 400),
    process_pool=st.integers(1, 1000),
)  # fmt: skip


def numbers(text: str) -> list[int]:
    return [int(number) for number in re.findall(r"\d+", text)]


@given(BUDGETS)
def test_the_sum_that_is_explained_is_the_one_that_is_set(sums: Budget) -> None:
    assert sum(numbers(sums.explained())) == sums.server


@given(st.integers(1, 1000))
def test_all_roles_at_their_limits_leave_room_for_the_superuser(pool: int) -> None:
    sums = Budget(pool, processes=2, process_pool=10)
    limits = re.findall(r"CONNECTION LIMIT (\d+)", roles(Database(pool=pool)))
    pooler = 2  # [users] pgbouncer = max_user_connections=2
    assert sum(map(int, limits)) + pooler + ADMINISTRATOR <= sums.server


@given(BUDGETS)
def test_pgbouncer_takes_all_clients_of_two_releases_at_once(sums: Budget) -> None:
    assert sums.clients >= 2 * sums.processes * sums.process_pool
    assert sums.clients >= 2 * sums.server
    assert str(sums.app) in sums.clients_explained()


@given(BUDGETS)
def test_every_line_of_an_explanation_is_a_comment(sums: Budget) -> None:
    assert all(line.startswith("# ") for line in sums.explained().splitlines())
    assert all(line.startswith("; ") for line in sums.clients_explained().splitlines())


def test_web_instances_and_further_processes_count() -> None:
    made = spec(
        app={"instances": 3},
        processes={"mail": {"command": "mail", "instances": 2}, "clock": {"command": "clock"}},
        database={"pool": 7, "process_pool": 4},
    )
    assert made.database is not None
    assert budget(made, made.database) == Budget(pool=7, processes=6, process_pool=4)
