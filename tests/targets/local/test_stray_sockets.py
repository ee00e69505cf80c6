import socket
from pathlib import Path

import pytest
from tests.places import short_folder

from uz.targets.local import stray_sockets as module
from uz.targets.local.stray_sockets import remove_stray_sockets


def test_only_sockets_of_these_ports_go(monkeypatch: pytest.MonkeyPatch) -> None:
    with short_folder() as top:
        monkeypatch.setattr(module, "TOP", top)
        names = [f"seaweedfs-{part}-grpc-{port}.sock" for part, port in
                 (("s3", 7), ("filer", 8), ("s3", 77))]  # fmt: skip
        for name in names:
            bound(top / name)
        (top / "seaweedfs-admin-grpc-8.sock").write_text("no socket")
        remove_stray_sockets((7, 8))
        assert sorted(path.name for path in top.iterdir()) == [
            "seaweedfs-admin-grpc-8.sock", names[2],
        ]  # fmt: skip


def bound(path: Path) -> None:
    with socket.socket(socket.AF_UNIX) as one:
        one.bind(str(path))
