"""The shell scripts by which PostgreSQL's log comes into the repository on this machine."""

from uz.components.database.scripts import PATH_LINE, bin_folder
from uz.machine import Machine
from uz.spec import Backups, Spec

NAME = "archive-setup"
LOCKS = "run/database/pgbackrest/lock"
GAP = "data/database/archive-gap"
"""A line for each file of the log that was dropped: its name, and seconds since 1970."""
CLUSTER = "cluster"
"""File in the repository, at the engine's top: the system identifier of its database."""


def settings(spec: Spec) -> str:
    """pgBackRest's own configuration, but for paths and the passphrase."""
    return f"""\
# pgBackRest of {spec.app.name} ({spec.environment}). Written by `uz render` from uz.toml.
# Paths are given with each command; the passphrase is in credentials/database/pgbackrest.conf.
[global]
compress-type=zst
log-level-console=off
log-level-stderr=error
log-level-file=off
log-timestamp=n
"""


def room_script(backups: Backups) -> str:
    """Whether the disk has room for the log of the database."""
    least = max(1, backups.reserve // 4 // 1024)
    return f"""\
#!/bin/sh
# Ends with 0 where the disk has room for the log of the database: a quarter of backups.reserve at
# least, or it cannot be told. Else it says how much there is.
free=$(df --output=avail -k . | tail -n 1)
case $free in *[0-9]*) ;; *) exit 0 ;; esac
[ "$((free))" -lt {least} ] || exit 0
echo "$((free / 1024)) MB free, {least // 1024} MB at least"
exit 1
"""


def archive_script() -> str:
    """PostgreSQL's archive_command: one file of its log into the repository."""
    return f"""\
#!/bin/sh
# pgbackrest-archive PATH NAME: PostgreSQL's archive_command, run in the data of the primary.
# Anything but 0 makes PostgreSQL keep the file and try again, for as long as it takes.
set -u
data=$(pwd -P)
root=${{data%/data/database/*}}
read -r id < "$root/data/repository/current" || exit 1
repository=$root/data/repository/$id/database
[ -d "$repository" ] || {{ echo "$repository: is not there" >&2; exit 1; }}

# What is off-site is never written twice; pgBackRest would write these again, in other bytes.
for known in "$repository"/archive/main/*/"$2"; do
    [ ! -f "$known" ] || exit 0
done

# Without room the app is to go on, so the log is not kept, and that is written down. The next
# backup begins a new chain.
if ! room=$(cd "$repository" && sh "$root/config/{NAME}/room"); then
    echo "$2 $(date +%s)" >> "$root/{GAP}" || exit 1
    echo "$2 is NOT archived: $room" >&2
    exit 0
fi

if [ ! -f "$repository/archive/main/archive.info" ]; then
    (cd "$root" && sh config/{NAME}/stanza) || exit 1
fi
exec pgbackrest --config="$root/config/{NAME}/pgbackrest.conf" \\
    --config-include-path="$root/credentials/database" --stanza=main \\
    --repo1-path="$repository" --pg1-path="$data" --lock-path="$root/{LOCKS}" archive-push "$1"
"""


def stanza_script(machine: Machine) -> str:
    """What makes the current repository ready for the primary."""
    return f"""\
#!/bin/sh
# Makes the repository ready for the primary's database. Can be run any number of times.
set -eu
{PATH_LINE.format(folder=bin_folder(machine))}
root=$PWD
read -r primary port < data/database/primary
read -r id < data/repository/current
repository=$root/data/repository/$id/database
data=$root/data/database/$primary
# The next `uz up` asks this file whether the repository is still the one of this database.
own=$(pg_controldata -D "$data" | sed -n 's/^Database system identifier: *//p')
if [ ! -f "$repository/{CLUSTER}" ]; then
    echo "$own" > "$repository/.{CLUSTER}"
    mv "$repository/.{CLUSTER}" "$repository/{CLUSTER}"
fi
if [ "$(cat "$repository/{CLUSTER}")" != "$own" ]; then
    echo "the repository $id is of another database, uz up begins a new one" >&2
    exit 1
fi
for try in 1 2 3 4 5; do
    if [ -f "$repository/archive/main/archive.info" ] &&
        [ -f "$repository/backup/main/backup.info" ]; then
        exit 0
    fi
    code=0
    pgbackrest --config="$root/config/{NAME}/pgbackrest.conf" \\
        --config-include-path="$root/credentials/database" --stanza=main \\
        --repo1-path="$repository" --lock-path="$root/{LOCKS}" --pg1-path="$data" \\
        --pg1-port="$port" --pg1-socket-path="$root/run/database" --pg1-user=postgres \\
        stanza-create || code=$?
    [ "$code" = 50 ] || exit "$code" # else another one does the same
    sleep "$try"
done
exit 50
"""


def setup_script(machine: Machine) -> str:
    """The repository is made ready, and one file of the log has to arrive there."""
    return f"""\
#!/bin/sh
# Makes the repository ready, and sees that the log of the database arrives there.
set -eu
{PATH_LINE.format(folder=bin_folder(machine))}
root=$PWD
sh config/{NAME}/stanza
read -r primary port < data/database/primary
read -r id < data/repository/current
repository=$root/data/repository/$id/database
if ! room=$(cd "$repository" && sh "$root/config/{NAME}/room"); then
    echo "no log is archived now: $room"
    exit 0
fi
exec pgbackrest --config="$root/config/{NAME}/pgbackrest.conf" \\
    --config-include-path="$root/credentials/database" --stanza=main \\
    --repo1-path="$repository" --pg1-path="$root/data/database/$primary" \\
    --pg1-port="$port" --pg1-socket-path="$root/run/database" --pg1-user=postgres \\
    --archive-timeout=60 check
"""
