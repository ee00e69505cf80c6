"""A vault seen from outside: its name before every path."""

import pytest

from uz.errors import SecretError
from uz.managers import VALUE, Manager
from uz.managers.in_vault import InVault
from uz.secret import Secret
from uz.testing import MemoryManager
from uz.testing.manager_conformance import ManagerConformance


class TestInVault(ManagerConformance):
    """It keeps what the manager inside keeps."""

    @pytest.fixture
    def manager(self) -> InVault:
        return InVault(MemoryManager(), "shop")

    @pytest.fixture
    def path(self) -> str:
        return "shop/some/path"

    def test_a_binary_value_is_refused_and_not_shown(self, manager: Manager, path: str) -> None:
        """The manager inside speaks, and calls the path what it is there."""
        with pytest.raises(SecretError, match="^some/path: 'value' is not") as refused:
            manager.write(path, {VALUE: Secret(b"canary-Zq7\xff")})
        assert "canary-Zq7" not in f"{refused.value!r}"
        assert refused.value.__suppress_context__


def test_the_manager_inside_sees_no_vault() -> None:
    inside = MemoryManager()
    InVault(inside, "shop").write("shop/database/password", {VALUE: Secret(b"a-password")})
    assert list(inside.versions) == ["database/password"]


def test_it_has_the_name_of_the_manager_inside() -> None:
    assert InVault(MemoryManager(), "shop").name == MemoryManager.name


@pytest.mark.parametrize("path", ["shop", "shop/", "other/key", ""])
def test_a_path_that_names_no_secret_there_is_refused(path: str) -> None:
    with pytest.raises(SecretError, match="names no secret in the vault 'shop'"):
        InVault(MemoryManager(), "shop").read(path)
