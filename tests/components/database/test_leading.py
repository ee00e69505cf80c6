import pytest
from hypothesis import given
from hypothesis import strategies as st

from uz.components.database.leading import PRIMARY, leading
from uz.testing import spec

SPEC = spec(database={"replicas": 3})


@pytest.mark.parametrize("node", [1, 2, 3, 4])
def test_the_file_that_decides_is_the_last_and_says_name_and_port(node: int) -> None:
    files = leading(SPEC, node)
    assert list(files)[-1] == PRIMARY
    assert files[PRIMARY] == f"database-{node} {20399 + node}\n"


@given(st.integers(1, 4))
def test_all_files_speak_of_the_same_server(node: int) -> None:
    port = f" port={SPEC.ports.database(node)} "
    files = leading(SPEC, node)
    assert all(port in files[name] for name in ("primary.conf", "pgbouncer.ini"))


def test_none_of_them_holds_a_password() -> None:
    assert "password=" not in "".join(leading(SPEC, 1).values())
    assert "passfile=" in leading(SPEC, 1)["primary.conf"]


def test_a_standby_that_hangs_is_given_up_by_the_primary() -> None:
    assert "tcp_user_timeout=15s" in leading(SPEC, 1)["primary.conf"]
