"""How to run the rendered files without Uz."""

from textwrap import indent

from uz.components.database import leading
from uz.spec import Spec
from uz.stack import SecretText, Service, Stack


def readme(spec: Spec, stack: Stack) -> str:
    """The README beside the rendered files; `uz eject` prints it."""
    starts = "\n".join(
        f"    {_start(service)}   # {service.description}" for service in stack.in_start_order()
    )
    credentials = "\n".join(
        f"- `credentials/{service.folder}/{name}` ({_content(secret)})"
        for service in _first_of_folder(stack)
        for name, secret in service.credentials.items()
    )
    programs = ", ".join(sorted({one.program for one in stack.services if one.program}))
    return f"""\
# {spec.app.name} ({spec.environment}) without Uz

These files need {programs}, setpriv (util-linux) and supervisor.
The folder that holds them must be called `config`; beside it belong `data/`, `logs/`,
`run/groups/`, `active/`, `releases/` and `credentials/`, with a folder for each service in `data/`,
`logs/` and `run/`. An environment that `uz up` made has them all. Go into the folder that holds
`config`, and then:

1. Put what the services read as secrets in place, on storage that is memory-backed:

{credentials or "(nothing)"}

2. Point `active/NAME` at the release that each service of the app runs, and name the releases in
   `active/releases.conf`.
{_leading(spec)}
3. Start the supervisor, then each service when the one before answers:

    supervisord -c config/supervisord.conf
{starts}

4. See and stop them:

    supervisorctl -c config/supervisord.conf status
    supervisorctl -c config/supervisord.conf shutdown

Reload the edge after a change with `supervisorctl -c config/supervisord.conf signal HUP edge`.
"""


def _start(service: Service) -> str:
    if service.once:
        return f"sh config/services/{service.name}"
    return f"supervisorctl -c config/supervisord.conf start {service.name}"


def _leading(spec: Spec) -> str:
    if spec.database is None:
        return ""
    files = "".join(
        f"\n   `data/database/{name}`:\n\n{indent(text, '       ')}"
        for name, text in leading(spec, 1).items()
    )
    return f"\n   Say which database server leads; for the first one:\n{files}"


def _content(wanted: str | SecretText) -> str:
    if isinstance(wanted, str):
        return f"the secret `{wanted}`"
    return f"a text with the secrets {', '.join(f'`{name}`' for name in wanted.names())}"


def _first_of_folder(stack: Stack) -> list[Service]:
    return list({service.folder: service for service in reversed(stack.services)}.values())
