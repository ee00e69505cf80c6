"""Which database server is the primary: kept beside the data, as it outlives every `uz up`."""

from pathlib import Path

from uz.components.database import leading, name
from uz.components.database.leading import PRIMARY
from uz.components.rotating import values
from uz.errors import MachineError
from uz.secret import Secret
from uz.spec import Spec
from uz.stack import Owner
from uz.targets.local.folders import disk_errors, write
from uz.targets.local.layout import Layout
from uz.targets.local.users import user_of


def leader(layout: Layout, spec: Spec) -> int:
    """The number of the server that is the primary; the first one until another was chosen.

    Raises MachineError where that cannot be told.
    """
    assert spec.database is not None
    folder = layout.data / "database"
    path = folder / PRIMARY
    names = {name(node): node for node in spec.database.nodes}
    if not path.exists():
        clusters = [one for one in names if (folder / one / "PG_VERSION").exists()]
        leads = [one for one in clusters if not (folder / one / "standby.signal").exists()]
        if len(leads) > 1:
            raise MachineError(
                f"{path}: missing, and {' and '.join(leads)} could all be the primary",
                hint=f"Write the right one into it, such as `{leads[0]}"
                f" {spec.ports.database(names[leads[0]])}`.",
            )
        return names[leads[0]] if leads else 1
    with disk_errors(path):
        words = path.read_text(errors="replace").split()
    if not words or words[0] not in names:
        raise MachineError(
            f"{path}: says {' '.join(words)[:40]!r}, and there are {', '.join(names)}",
            hint=f"Write the primary into it, such as `{name(1)} {spec.ports.database(1)}`. Was"
            " database.replicas lowered? Then raise it again, and `uz switchover` first.",
        )
    return names[words[0]]


def lead(layout: Layout, spec: Spec, node: int) -> None:
    """Write who leads, for the servers and the pooler; the file that decides is the last."""
    owner = user_of(Owner.SERVERS)
    for file, text in leading(spec, node).items():
        write(layout.data / "database" / file, text, 0o600, owner.uid, owner.gid)


def identity(layout: Layout, spec: Spec) -> str:
    """Which database it is: the server that leads, and the number that `initdb` gave its data."""
    leads = name(leader(layout, spec))
    try:
        return f"{leads}-{number_in(control_of(layout, leads)).hex()}"
    except OSError:
        return leads


def control_of(layout: Layout, server: str) -> Path:
    """The file in which a server's data says of itself what it is."""
    return layout.data / "database" / server / "global" / "pg_control"


def number_in(control: Path) -> bytes:
    """The number that `initdb` gave the data: the first eight bytes (PostgreSQL's
    catalog/pg_control.h). Raises OSError."""
    with control.open("rb") as file:
        return file.read(8)


def role(layout: Layout, server: str) -> str:
    """What a server is to be; its readiness says whether it is."""
    try:
        leads = (layout.data / "database" / PRIMARY).read_text().split()[:1]
    except OSError:
        return ""
    return "primary" if leads == [server] else "standby"


def given(layout: Layout, spec: Spec) -> dict[str, Secret]:
    """What is known only here: the primary's port, and what holds while nothing is rotated."""
    found = values({})
    if spec.database is not None:
        port = str(spec.ports.database(leader(layout, spec)))
        found["database/port"] = Secret(port.encode())
    return found
