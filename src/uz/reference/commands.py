"""The page on commands, from the parser itself."""

import argparse
import inspect
from collections.abc import Iterable, Iterator
from importlib import import_module

from uz.cli.commands import COMMANDS
from uz.cli.parser import build
from uz.reference.markdown import GENERATED, code, table

EVERYWHERE = ("--help", "--project", "--env", "--quiet")
"""Options of every command: described once."""

HEAD = f"""\
{GENERATED}
# Commands

`uz COMMAND` works on the `uz.toml` of the folder that you are in. Results go to standard output,
errors to standard error, each with the next thing to do.

## Exit codes

| code | means |
| --- | --- |
| 0 | ready, or done |
| 1 | not ready: something was tried and does not hold, or is not healthy |
| 2 | you have to fix something first: a wrong key, a missing program, a port in use |
| 3 | undecided: nothing failed, and something could not be decided |
| 130 | interrupted |

## Environment variables

| variable | what it does |
| --- | --- |
| `UZ_HOME` | where state is kept. Default: `/var/lib/uz` for root, else `~/.local/state/uz` |
| `UZ_IDENTITY_TOKEN` | a pipeline's identity token: `uz up` logs in to the secrets manager by it |
| `UZ_LOG` | `debug` shows every program that Uz starts, on standard error |
| `NO_COLOR` | no colours, even on a terminal |

`PIP_…`, `UV_…`, `NPM_CONFIG_…`, `SSL_CERT_…` and the proxy variables are handed on to your build
commands; nothing else of your shell's environment is.
"""


def commands() -> str:
    """The whole page. Raises ValueError where an option has no help text."""
    parser = build(everything=True)
    found = _subparsers(parser)
    common = [one for one in parser._actions if set(one.option_strings) & set(EVERYWHERE)]
    every = f"## Options of every command\n\n{_arguments(common)}"
    parts = [HEAD, every, *(_command(name, found[name]) for name in COMMANDS)]
    return "\n".join(parts)


def _subparsers(parser: argparse.ArgumentParser) -> dict[str, argparse.ArgumentParser]:
    (one,) = filter(_chooses, parser._actions)
    return dict(one.choices or {})


def _chooses(one: argparse.Action) -> bool:
    """Whether an argument is the name of a subcommand."""
    return isinstance(one, argparse._SubParsersAction)


def _command(name: str, parser: argparse.ArgumentParser, module: str = "", mark: str = "##") -> str:
    shown = [one for one in parser._actions if one.help != argparse.SUPPRESS]
    own = [one for one in shown if not set(one.option_strings) & set(EVERYWHERE)]
    usage = " ".join(["uz", name, *map(_usage, own)])
    told = inspect.getdoc(import_module(module or f"uz.cli.{name}").run)
    if not told:
        raise ValueError(f"uz {name}: `run` has no docstring that says what it does")
    head = f"{mark} uz {name}"
    parts = [head, f"```text\n{usage}\n```", f"*{_sentence(parser.description)}*", told]
    listed = [one for one in own if not _chooses(one)]
    text = "\n\n".join([*parts, _arguments(listed)] if listed else [*parts, ""])
    return "\n".join([text, *_below(name, parser)])


def _below(name: str, parser: argparse.ArgumentParser) -> Iterator[str]:
    """The subcommands of a command, where it has some."""
    if any(map(_chooses, parser._actions)):
        modules = import_module(f"uz.cli.{name}").SUBCOMMANDS
        for one, below in _subparsers(parser).items():
            yield _command(f"{name} {one}", below, f"uz.cli.{name}.{modules[one][0]}", "###")


def _sentence(text: str | None) -> str:
    return f"{(text or '')[:1].upper()}{(text or '')[1:]}."


def _usage(one: argparse.Action) -> str:
    words = [*one.option_strings[-1:], _value(one), "..." if one.nargs in SEVERAL else ""]
    shown = " ".join(filter(None, words))
    return f"[{shown}]" if _optional(one) else shown


SEVERAL = ("*", argparse.REMAINDER, argparse.PARSER)
"""Of arguments that take all words that follow."""


def _optional(one: argparse.Action) -> bool:
    return bool(one.option_strings) or one.nargs in {"?", "*"}


def _value(one: argparse.Action) -> str:
    """What stands for the value of an argument; nothing for a switch."""
    if one.nargs == 0:
        return ""
    return str(one.metavar or one.dest.upper())


def _arguments(actions: Iterable[argparse.Action]) -> str:
    return table(("option", "what it does"), [(_names(one), _help(one)) for one in actions])


def _names(one: argparse.Action) -> str:
    value = _value(one)
    if not one.option_strings:
        return code(value)
    return ", ".join(code(f"{name} {value}".strip()) for name in one.option_strings)


def _help(one: argparse.Action) -> str:
    if not one.help:
        raise ValueError(f"{'/'.join(one.option_strings) or one.dest}: has no help text")
    return one.help
