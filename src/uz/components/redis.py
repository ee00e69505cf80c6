"""Redis: a primary that writes everything down, and replicas that follow it."""

from uz.machine import Machine
from uz.spec import Redis, Spec
from uz.stack import Listen, Owner, Role, SecretText, Service, Stack, TalkReady

USERS = """\
user default on nopass resetkeys resetchannels -@all +ping
user admin on >{{redis/admin}}{{also/redis/admin}} ~* &* +@all
user app on >{{redis/app}}{{also/redis/app}} ~* &* +@all -@admin -@dangerous
user monitor on >{{redis/monitor}}{{also/redis/monitor}} resetkeys resetchannels -@all +ping +info \
+latency +slowlog|get
user replication on >{{redis/replication}}{{also/redis/replication}} resetkeys resetchannels -@all \
+psync +replconf +ping
"""
"""Whoever does not log in may ask whether the server lives, and nothing else. The app may not
change the configuration, look at all keys or delete everything. While a password is rotated, its
user has both."""

TAKE_UP = r"""#!/bin/sh
# take-up NODE PORT: have a running Redis take up its users and passwords; nobody is disconnected.
# (ACL LOAD disconnects everybody who has logged in, before Redis 7.2.)
set -eu
here=credentials/$1
commands() {
    sed -n 's/^user \([a-z]*\) /ACL SETUSER \1 reset /p' "$here/users.acl"
    sed -n 's/^master/CONFIG SET master/p' "$here/follow.conf"
}
wanted=$(commands | wc -l)
# One of the administrator's passwords is the one that the running server knows.
passwords=$(sed -n 's/^user admin on //p' "$here/users.acl" | tr ' ' '\n' | sed -n 's/^>//p')
for password in $passwords; do
    said=$(commands | REDISCLI_AUTH=$password redis-cli -h 127.0.0.1 -p "$2" --user admin 2>&1) || :
    [ "$(echo "$said" | grep -cx OK)" -lt "$wanted" ] || exit 0
done
echo "$said" | grep -v -e '^OK$' -e '>' | head -1 >&2
exit 1
"""

FOLLOWER = """\
masteruser replication
masterauth {{redis/replication}}
"""
DAMAGED = (
    "Its data is damaged, and left as it is. docs/how-to/redis.md: copy it, then repair it with"
    " redis-check-aof, or take the other server's."
)
PASSWORDS = ("redis/admin", "redis/app", "redis/monitor", "redis/replication")


def redis(spec: Spec, machine: Machine) -> Stack:  # noqa: ARG001
    """Redis by the spec's purpose, or nothing where the spec has none."""
    if spec.redis is None:
        return Stack()
    numbers = range(spec.redis.replicas + 1)
    return Stack(
        tuple(_server(spec, number) for number in numbers),
        {f"{name(number)}/redis.conf": _conf(spec, spec.redis, number) for number in numbers}
        | {f"{name(number)}/take-up": TAKE_UP for number in numbers},
    )


def name(number: int) -> str:
    """The service's name: `redis` is the primary, `redis-replica-1` the first replica."""
    return "redis" if number == 0 else f"redis-replica-{number}"


def _server(spec: Spec, number: int) -> Service:
    port = spec.ports.redis(number)
    return Service(
        name=name(number),
        role=Role.SERVER,
        owner=Owner.SERVERS,
        program="redis-server",
        description="Redis primary" if number == 0 else f"Redis replica {number}",
        command=("redis-server", f"{{root}}/config/{name(number)}/redis.conf"),
        ready=TalkReady(port, b"PING\r\n", b"+PONG"),
        listens=(Listen(port),),
        after=() if number == 0 else ("redis",),
        credentials={"users.acl": SecretText(USERS), "follow.conf": SecretText(FOLLOWER)},
        passwords=PASSWORDS,
        take_up=("sh", f"{{root}}/config/{name(number)}/take-up", name(number), str(port)),
        troubles={"Bad file format reading the append only file": DAMAGED},
        start_timeout=120,
        stop_timeout=15,
    )


def _conf(spec: Spec, redis: Redis, number: int) -> str:
    own = name(number)
    follow = f"replicaof 127.0.0.1 {spec.ports.redis(0)}\n" if number else ""
    return f"""\
# {own} of {spec.app.name} ({spec.environment}). Written by `uz render` from uz.toml.
# Paths are relative to `dir`, the folder with its data.
bind 127.0.0.1
port {spec.ports.redis(number)}
protected-mode yes
daemonize no
logfile ""
dir data/{own}
maxclients {redis.max_clients}
timeout 0
tcp-keepalive 60

# Who may do what; on memory-backed storage, as it holds passwords.
aclfile ../../credentials/{own}/users.acl

# What happens when memory is full, by the purpose ({redis.purpose}).
maxmemory {redis.memory}
maxmemory-policy {redis.eviction}

# Every write is appended to a file, and that is synced ({redis.sync}).
appendonly yes
appendfsync {redis.sync}
no-appendfsync-on-rewrite no
aof-load-truncated yes
auto-aof-rewrite-percentage 100
auto-aof-rewrite-min-size 64mb
save ""

# Replicas: read-only, and synchronised at once when they come.
repl-diskless-sync yes
repl-diskless-sync-delay 0
repl-backlog-size 32mb
replica-read-only yes
include ../../credentials/{own}/follow.conf
{follow}"""
