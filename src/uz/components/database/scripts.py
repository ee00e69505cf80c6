"""The shell scripts that start a PostgreSQL server in its role, and ask how it is."""

from pathlib import Path

from uz.machine import Machine

PATH_LINE = "PATH={folder}:$PATH"
REFUSED = 78
"""EX_CONFIG of sysexits.h: a start that has to be put right by hand, so that trying it again is of
no use. The last lines printed say why."""


def bin_folder(machine: Machine) -> str:
    """The folder of PostgreSQL's programs, all of one version."""
    found = machine.programs.get("postgres")
    return str(Path(found.path).parent) if found else "/usr/lib/postgresql/bin"


def major(machine: Machine) -> int:
    """PostgreSQL's major version on this machine; 0 where there is none."""
    found = machine.programs.get("postgres")
    return found.version[0] if found else 0


def ready_script(machine: Machine) -> str:
    """Whether a server accepts connections in its role."""
    return f"""\
#!/bin/sh
# ready NODE PORT: end with 0 when the server serves in its role, else say why it does not.
set -u
{PATH_LINE.format(folder=bin_folder(machine))}
node=$1 port=$2
read -r primary primary_port < data/database/primary
export PGCONNECT_TIMEOUT=5
actual=$(psql -XAtqw -h "$PWD/run/database" -p "$port" -U postgres -d postgres -c "
    SELECT CASE WHEN NOT pg_is_in_recovery() THEN 'primary'
    ELSE coalesce((SELECT CASE sender_port WHEN $primary_port THEN status
        ELSE 'following port ' || sender_port END FROM pg_stat_wal_receiver), 'following nobody')
    END" 2>&1) || {{
    echo "${{actual##*FATAL: }}" | tail -1
    exit 1
}}
expected=streaming
[ "$node" = "$primary" ] && expected=primary
[ "$actual" = "$expected" ] && exit 0
echo "$actual, expected $expected"
exit 1
"""


def start_script(machine: Machine) -> str:
    """How a server becomes the primary, or a standby that follows it."""
    wanted = major(machine)
    return f"""\
#!/bin/sh
# start NODE PORT: become a PostgreSQL server, the primary or a standby that follows it.
# data/database/primary says who is the primary; `uz failover` and `uz switchover` change it.
# Data is made beside and renamed when it is whole, so that no start finds half of it.
set -eu
{PATH_LINE.format(folder=bin_folder(machine))}
node=$1
shift 2
root=$PWD
data=data/database/$node
busy=run/database/$node.busy # while it is there, who waits for this server waits on
rm -f "$busy"
slot=$(echo "$node" | tr - _)
read -r primary primary_port < data/database/primary
export PGCONNECT_TIMEOUT=10

refuse() {{
    printf 'refused: %s\\n' "$1" >&2
    exit {REFUSED}
}}
ask() {{
    psql -XAtqw -v ON_ERROR_STOP=1 -h "$root/run/database" -p "$primary_port" \\
        -U postgres -d postgres -c "$1"
}}
# What the server's own data says of itself.
control() {{
    pg_controldata -D "$data" | sed -n "s/^$1: *//p"
}}
# Copy the primary, through a slot that keeps what is written meanwhile.
copy() {{
    echo "copying $primary"
    touch "$busy"
    rm -rf "$data.new"
    ask "SELECT pg_drop_replication_slot('$slot') FROM pg_replication_slots
         WHERE slot_name = '$slot' AND NOT active" >/dev/null
    ask "SELECT pg_create_physical_replication_slot('$slot', true)" >/dev/null
    pg_basebackup -D "$data.new" -X stream -S "$slot" -c fast --no-password --no-sync \\
        -d "host=127.0.0.1 port=$primary_port user=replication \\
            passfile=$root/credentials/database/pgpass"
    rm -rf "$data.new"/pg_replslot/*
    touch "$data.new/standby.signal"
    sync -f "$data.new"
    mv "$data.new" "$data"
}}
# A server that led before follows the one that leads now: what only it has is given up.
rejoin() {{
    touch "$busy"
    ask CHECKPOINT  # it is there, and its control file tells its timeline
    touch "$data.rewinding"
    if pg_rewind -D "$data" --source-server="host=$root/run/database port=$primary_port \\
            user=postgres dbname=postgres"; then
        touch "$data/standby.signal"
        sync -f "$data"
        rm "$data.rewinding"
    else
        set_aside "it led before, and cannot be rewound"
        copy
    fi
}}
set_aside() {{
    echo "$data is kept as $data.old: $1"
    rm -rf "$data.old"
    mv "$data" "$data.old"
    rm -f "$data.rewinding"
}}

if [ -e "$data" ]; then
    [ -d "$data" ] || refuse "$root/$data is no folder: move it away"
    [ -O "$data" ] || refuse "$root/$data belongs to another user: chown -R $(id -un) $root/$data"
    chmod go= "$data"
fi
if [ -d "$data" ] && [ ! -e "$data.rewinding" ]; then
    found=$(cat "$data/PG_VERSION" 2>/dev/null) || refuse \\
        "$root/$data holds no data of PostgreSQL: move it away, or restore a backup"
    [ "$found" = {wanted} ] || refuse \\
        "$root/$data was made by PostgreSQL $found, and this is {wanted}: \\
write [database] version = $found into uz.toml (the package is postgresql-$found), \\
or move the folder away and restore a dump"
fi

if [ "$node" = "$primary" ]; then
    [ ! -e "$data.rewinding" ] || refuse \\
        "$root/$data was being rewound when that was killed: it cannot lead"
    [ ! -e "$data/standby.signal" ] || refuse \\
        "$root/$data is a standby's, and $node is to lead: \\`uz failover\\` promotes it"
    if [ ! -d "$data" ]; then
        rm -rf data/database/database-*.new
        for other in data/database/database-*/global; do
            [ ! -d "$other" ] || refuse \\
                "$root/$data is gone, and ${{other%/global}} is there: \\`uz failover\\`"
        done
        echo "making a new database"
        initdb -D "$data.new" -U postgres --auth=scram-sha-256 --auth-local=peer \\
            --data-checksums --encoding=UTF8 --locale=C.UTF-8 --no-instructions >/dev/null
        mv "$data.new" "$data"
    fi
else
    if [ -e "$data.rewinding" ]; then
        set_aside "it led before, and cannot be rewound"
    elif [ -d "$data" ] && [ ! -e "$data/standby.signal" ]; then
        rejoin
    fi
    if [ ! -d "$data" ]; then
        copy
    elif same=$(ask "SELECT system_identifier = $(control 'Database system identifier')
            AND '$(control 'Minimum recovery ending location')' <= pg_current_wal_flush_lsn()
            FROM pg_control_system()"); then
        needed=$(control "Latest checkpoint's REDO WAL file")
        state=$(ask "SELECT wal_status FROM pg_replication_slots WHERE slot_name = '$slot'")
        there=$(ask "SELECT 1 FROM pg_ls_waldir() WHERE name = '$needed'")
        if [ "$same" = f ]; then
            set_aside "it is of another database than that of $primary, or has more of it"
            copy
        elif [ -z "$state" ] && [ -n "$there" ]; then
            ask "SELECT pg_create_physical_replication_slot('$slot', true)" >/dev/null
        elif [ -z "$state" ] || [ "$state" = lost ]; then
            echo "$node fell behind: what it needs is gone on $primary (slot: ${{state:-none}})"
            rm -rf "$data"
            copy
        fi
    fi
    rm -rf "$data"/pg_replslot/*
    # one that follows may not take fewer connections than the primary did where it goes on from
    most=$(sed -n 's/^max_connections = //p' config/database/postgresql.conf)
    before=$(control 'max_connections setting')
    [ "${{before:-0}}" -le "$most" ] || set -- -c "max_connections=$before"
fi
rm -f "$busy"
exec postgres -D "$data" -c config_file="$root/config/database/$node.conf" "$@"
"""
