"""Writing rendered files to where the services read them, and removing those no longer rendered."""

import hashlib
import json
import os
from collections.abc import Mapping
from pathlib import Path

from uz.stack import Owner, Service, Stack
from uz.targets.local.folders import folder, write
from uz.targets.local.layout import Layout
from uz.targets.local.render import files_of
from uz.targets.local.users import isolated, user_of


def write_config(layout: Layout, files: Mapping[str, str]) -> tuple[str, ...]:
    """Write the files; return the paths that changed. With isolation only servers may read them."""
    servers = user_of(Owner.SERVERS)
    folder_mode, file_mode = (0o750, 0o640) if isolated() else (0o700, 0o600)
    changed = []
    for name, text in files.items():
        path = layout.config / name
        for parent in reversed(Path(name).parents):
            folder(layout.config / parent, folder_mode, os.geteuid(), servers.gid)
        if write(path, text, file_mode, os.geteuid(), servers.gid):
            changed.append(name)
    changed += _remove_unknown(layout.config, files)
    return tuple(changed)


def _remove_unknown(config: Path, files: Mapping[str, str]) -> list[str]:
    gone = []
    for path in sorted(config.rglob("*"), reverse=True):
        name = str(path.relative_to(config))
        if path.is_dir() and not path.is_symlink():
            if not any(known.startswith(f"{name}/") for known in files):
                path.rmdir()
        elif name not in files:
            path.unlink()
            gone.append(name)
    return gone


def digest(
    service: Service,
    stack: Stack,
    files: Mapping[str, str],
    *,
    credentials: str = "",
    release: str = "",
    program: str = "",
) -> str:
    """What a service was started with: while this is the same there is nothing to apply."""
    return _hashed([files_of(files, stack, service.name), credentials, release, program])


def restart_digest(service: Service, files: Mapping[str, str], program: str) -> str:
    """The part of a service that a reload cannot change: how it is started, and its program."""
    return _hashed([files[f"services/{service.name}"], files["launch"], program])


def _hashed(parts: list[object]) -> str:
    return hashlib.sha256(json.dumps(parts, sort_keys=True).encode()).hexdigest()[:24]
