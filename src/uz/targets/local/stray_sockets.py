"""Sockets of the embedded off-site store: it makes them in /tmp, whatever it is told, and a crash
leaves them there."""

from collections.abc import Iterable
from contextlib import suppress
from pathlib import Path

TOP = Path("/tmp")  # noqa: S108 - SeaweedFS's own choice


def remove_stray_sockets(ports: Iterable[int]) -> None:
    """Remove those for the ports of an environment that is down."""
    for port in ports:
        for path in TOP.glob(f"seaweedfs-*-grpc-{port}.sock"):
            with suppress(OSError):  # of another user: it is not ours
                if path.is_socket():
                    path.unlink()
