import re
import subprocess
from collections.abc import Callable
from pathlib import Path

import pytest

from uz.components import compose
from uz.components.openbao import AUDIT_LOG, AUTHORITY, HEALTH, NAME, openbao
from uz.spec import Spec
from uz.stack import HttpsReady, Listen, Owner, Role, Service
from uz.testing import MACHINE, spec

OWN = spec(secrets={})


def service(of: Spec = OWN) -> Service:
    """OpenBao's own service."""
    return openbao(of, MACHINE).service(NAME)


def test_the_files_are_those_that_were_reviewed(golden: Callable[[str, str], None]) -> None:
    for path, text in openbao(OWN, MACHINE).files.items():
        golden(path, text)


@pytest.mark.parametrize(
    "table",
    [
        {"manager": "file"},
        {"manager": "awssecrets"},
        {"manager": "vault", "address": "https://vault.example", "login": "token"},
    ],
)
def test_where_the_secrets_lie_elsewhere_there_is_none(table: dict[str, str]) -> None:
    made = compose(spec(secrets=table), MACHINE)
    assert NAME not in [one.name for one in made.services]
    assert not any(path.startswith("openbao/") for path in made.files)


def test_it_listens_on_loopback_alone_and_nobody_outside_is_meant_to_come() -> None:
    assert service().listens == (Listen(20820), Listen(20821))
    text = openbao(OWN, MACHINE).files["openbao/openbao.hcl"]
    assert set(re.findall(r"[\d.]+:\d+", text)) == {"127.0.0.1:20820", "127.0.0.1:20821"}


def test_it_is_ready_over_tls_by_its_own_authority() -> None:
    assert service().ready == HttpsReady(20820, HEALTH, AUTHORITY)
    assert (service().role, service().owner) == (Role.SERVER, Owner.SERVERS)


def test_what_opens_it_comes_from_memory_and_is_in_no_file() -> None:
    files = openbao(OWN, MACHINE).files
    text = files["openbao/openbao.hcl"]
    for name in service().credentials:
        assert f'credentials/openbao/{name}"' in text
    assert "key =" not in re.sub(r'current_key = "file://|tls_key_file', "", text)
    assert not service().passwords
    assert not service().secret_environment


def test_the_audit_log_is_declared_in_its_configuration() -> None:
    text = openbao(OWN, MACHINE).files["openbao/openbao.hcl"]
    assert f'audit "file" "file" {{\n  options = {{\n    file_path = "{AUDIT_LOG}"' in text
    assert AUDIT_LOG.startswith("logs/openbao/")


def test_a_wrong_key_is_told_with_what_to_do() -> None:
    for advice in service().troubles.values():
        assert "uz secrets recover" in advice


def test_the_start_script_takes_the_path_first_then_the_tools(tmp_path: Path) -> None:
    root = tmp_path / "home/shop/trial"
    (root / "config/openbao").mkdir(parents=True)
    own = tmp_path / "home/.tools/openbao-2.7.2/bao"
    own.parent.mkdir(parents=True)
    script = root / "config/openbao/start"
    script.write_text(openbao(OWN, MACHINE).files["openbao/start"])
    for path, says in ((own, "of Uz"), (tmp_path / "bin/bao", "of the machine")):
        path.parent.mkdir(exist_ok=True)
        path.write_text(f"#!/bin/sh\necho {says} $*\n")
        path.chmod(0o755)
        done = subprocess.run(
            ["/bin/sh", script], cwd=root, capture_output=True, text=True, timeout=20, check=True,
            env={"PATH": f"{tmp_path / 'bin'}:/usr/bin:/bin"},
        )  # fmt: skip
        assert done.stdout == f"{says} server -config=config/openbao/openbao.hcl\n"
