"""The shell scripts that start the services: each can be read, and run by hand."""

import shlex

from uz.stack import Service
from uz.targets.local.users import USERS

LAUNCH = """\
#!/bin/sh
# launch NAME USER CAPABILITIES SECRETS COMMAND…: become the command of one service.
#
# 1. What an earlier copy left behind when it was killed still holds its ports: end it. The number
#    of its process group is in run/groups/NAME. While one member lives the kernel gives the number
#    to nobody else; a leader that lives means the number is not a leftover. (One that is dead may
#    still be listed, as a zombie: in containers nobody may take notice.)
# 2. Remember the own process group, and count the start: `uz status` shows restarts.
# 3. Give up all rights but CAPABILITIES ("-" for none), become USER ("-" to stay), and ask the
#    kernel to end this process when supervisord dies, so that nothing is left without a parent.
# 4. Fill variables from credentials: SECRETS is a list of VARIABLE=FOLDER/FILE ("-" for none).
#    Here, so that no secret is ever an argument; and last, as the app chooses the variables: what
#    LD_PRELOAD or PATH say must not count while there are rights to give up.
set -eu
name=$1 user=$2 capabilities=$3 secrets=$4
shift 4
here=$(dirname "$0")
record=$here/../run/groups/$name
boot=$(cat /proc/sys/kernel/random/boot_id)
if [ -f "$record" ]; then
    read -r old_boot old_group < "$record" || :
    if [ "$old_boot" = "$boot" ] && ! grep -qs '^State:.[^ZX]' "/proc/$old_group/status"; then
        # without "--", which the kill of dash takes for a number
        kill -KILL "-$old_group" 2>/dev/null || :
    fi
fi
echo "$boot $$" > "$record"
date -u +%FT%TZ >> "$record.starts"

if [ "$secrets" != - ]; then
    credentials=$(cd "$here/.." && pwd -P)/credentials
    set -- /bin/sh -euc '
        credentials=$1 secrets=$2
        shift 2
        for pair in $secrets; do
            value=$(cat "$credentials/${pair#*=}" && printf .)  # line ends at the end stay
            export "${pair%%=*}=${value%.}"
        done
        exec "$@"' "$name" "$credentials" "$secrets" "$@"
fi

if [ "$user" = - ]; then
    exec setpriv --no-new-privs --pdeathsig KILL -- "$@"
fi
keep=-all
[ "$capabilities" = - ] || keep="-all,+$capabilities"
exec setpriv --reuid "$user" --regid "$user" --init-groups --no-new-privs \\
    --inh-caps "$keep" --ambient-caps "$keep" --bounding-set "$keep" --pdeathsig KILL -- "$@"
"""

PATH = "/usr/local/bin:/usr/bin:/bin:/usr/sbin:/sbin"
LOCALE = "C.UTF-8"


def service_script(service: Service, *, isolated: bool) -> str:
    """The script that starts one service with a clean environment.

    What the app decides on (its programs come first in PATH, its variables may preload a library)
    counts only after all rights are given up: `env` sets it, started by `launch`.
    """
    user = USERS.get(service.owner, "-") if isolated else "-"
    capabilities = "net_bind_service" if isolated and service.privileged_ports else "-"
    folder = f"active/{service.name}" if service.in_release else ""
    lines = [
        "#!/bin/sh",
        f"# {service.name}: {service.description}. Started by supervisord; by hand it runs in the"
        " foreground.",
        "set -eu",
        'root=$(cd "$(dirname "$0")/../.." && pwd -P)',
        f'cd "$root/{folder}"' if folder else 'cd "$root"',
        *(["release=$(pwd -P)"] if service.in_release else []),
        f"exec env -i PATH={PATH} LANG={LOCALE} \\",
        f'    /bin/sh "$root/config/launch" {service.name} {user} {capabilities}'
        f" {_secrets(service)} \\",
        *_variables(service),
        f"    {' '.join(_quoted(word) for word in service.command)}",
    ]
    return "\n".join(lines) + "\n"


def _secrets(service: Service) -> str:
    pairs = (f"{name}={service.folder}/{file}" for name, file in service.secret_environment.items())
    return shlex.quote(" ".join(pairs) or "-")


def _variables(service: Service) -> list[str]:
    own = [f"    {name}={_quoted(value)} \\" for name, value in service.environment.items()]
    if service.in_release:
        path = f'"$release/.venv/bin:$release/node_modules/.bin":{PATH}'
        own = [f"    PATH={path} \\", '    UZ_RELEASE="${release##*/}" \\', *own]
    return ["    env \\", *own] if own else []


def _quoted(word: str) -> str:
    """Quote a word for the shell; `{root}` becomes the folder that the script found."""
    parts = word.split("{root}")
    return '"$root"'.join(shlex.quote(part) if part else "" for part in parts) or "''"
