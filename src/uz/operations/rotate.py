"""`uz secrets rotate`: a new value for all its readers, one by one, and the old one refused."""

import time
from dataclasses import replace

from uz.environment import Rotated
from uz.errors import SecretError, UnhealthyError, UzError
from uz.operations.managed import managed
from uz.operations.place import Place, changing, same_project
from uz.operations.set_secret import fewest_of, refuse_unfit, set_secret
from uz.secret import Secret
from uz.targets.local.environment import LocalEnvironment
from uz.targets.local.one_run import Progress
from uz.targets.local.render import render
from uz.targets.local.rotation.choosing import refuse_others
from uz.targets.local.rotation.records import recorded
from uz.targets.local.rotation.rotate import apply, finish, rotate_own

README = "README.md"


def own_name(place: Place, name: str) -> str:
    """The full name of what Uz made up, such as `redis/app`; nothing for what a person gave."""
    if "/" in name:
        return name
    return f"app/{name}" if name in place.spec.app.generated_secrets else ""


def rotate(
    place: Place, name: str, value: Secret | None, command: str, progress: Progress
) -> Rotated:
    """Rotate a secret: one of Uz's own gets a value made up, one of yours the value given.

    One that was interrupted goes on. Raises UzError; BusyError where another command works.
    """
    same_project(place.layout, place.project)
    env = place.environment
    own = own_name(place, name)
    if own:
        refuse_others(place.spec, place.stack, own)
    with changing(place.layout, command):
        _is_up(env)
        others = _finished(env, own, progress)
        if not others:
            _all_applied(place)
        return rotate_own(env, own, progress) if own else _given(place, name, value, progress)


def _is_up(env: LocalEnvironment) -> None:
    if env.supervisor.pid() is None:
        raise UzError(
            f"{env.spec.app.name} ({env.name}) is down: nobody could take the new value up",
            hint="`uz up` brings it up.",
        )


def _finished(env: LocalEnvironment, own: str, progress: Progress) -> bool:
    """Whether a rotation had been interrupted; others than the one to rotate now are finished."""
    names = tuple(recorded(env.secrets()))
    for name in names:
        if name != own:
            finish(env, name, progress)
            progress(name, "an interrupted rotation is finished")
    return bool(names)


def _all_applied(place: Place) -> None:
    """Raise UzError where a rotation would be a deployment as well, or not all serves."""
    config = place.layout.config
    files = render(place.spec, place.stack, place.machine)
    for path, text in files.items():
        if path == README:  # for people only
            continue
        file = config / path
        if not file.is_file() or file.read_text() != text:
            raise UzError(
                f"{file} is not as uz.toml says now: that is not applied yet",
                hint="`uz up` applies it; then rotate.",
            )
    ill = [one for one in place.environment.status() if not one.healthy]
    if ill:
        raise UnhealthyError(
            f"{ill[0].name} is not well ({ill[0].detail}): nothing was rotated",
            hint="`uz status` shows all services, `uz up` brings them up.",
        )


def _given(place: Place, name: str, value: Secret | None, progress: Progress) -> Rotated:
    """Keep the value of a person's secret, and give it to its readers."""
    if value is None:
        raise SecretError(f"{name}: needs a value", hint="It is asked for, or read from input.")
    begun = time.monotonic()
    refuse_unfit(name, value, fewest_of(place.spec, name))
    manager = managed(place, lambda _name, _what: None).manager
    stored = set_secret(manager, place.spec, place.stack, name, value)
    changed = apply(place.environment, progress)
    reading = tuple(one for one in stored.readers if one in changed)
    if not stored.changed and not reading:  # else it was kept before, and not given to them yet
        raise SecretError(
            f"{name}: this is the value it has already, and its readers have it",
            hint="Get a new one from where it comes from: nothing was changed.",
        )
    done = Rotated(name, stored.version, reading)
    return replace(done, seconds=time.monotonic() - begun)
