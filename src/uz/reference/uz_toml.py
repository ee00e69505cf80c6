"""The page on `uz.toml`: every table and key."""

from collections.abc import Iterator

from uz.reference.kinds import KINDS
from uz.reference.markdown import GENERATED, code, table
from uz.reference.tables import Key, Section, kind_key, sections

HEAD = f"""\
{GENERATED}
# uz.toml

One file in the folder of your app says what Uz needs to know. Only three keys have no default:
`app.name`, `app.domain` and `app.command`. An unknown key is an error that names the line and the
nearest key, so a typo never passes.

An editor that knows JSON Schema completes and checks it with [uz.schema.json](uz.schema.json).
"""

ENVIRONMENTS = """\
## [environments.NAME]

Everything above is for production, which needs no table of its own. Each further environment has
one, with the tables from above inside: what they say is laid over the rest of the file, key by key.
A list replaces the other list; tables of names such as `allow` and `env` are joined. With
`uz --env NAME` you choose the environment. Without `kind` it is staging.
"""

EXAMPLE = """\
```toml
[environments.staging]
kind = "staging"

[environments.staging.app]
domain = "staging.shop.example"
instances = 1

[environments.staging.app.env]
LOG_LEVEL = "debug"
```
"""


def uz_toml() -> str:
    """The whole page. Raises ValueError where a table or key has no description."""
    tables = map(_section, sections())
    return "\n".join([HEAD, *tables, ENVIRONMENTS, _keys((kind_key(),)), EXAMPLE, _kinds()])


def _section(section: Section) -> str:
    if not section.title:
        return f"## Above all tables\n\n{_keys(section.keys)}"
    return f"## [{section.title}]\n\n{section.description}\n\n{_keys(section.keys)}"


def _keys(keys: tuple[Key, ...]) -> str:
    rows = ((code(key.name), key.kind, _default(key), key.description) for key in keys)
    return table(("key", "value", "default", "what it does"), rows)


def _default(key: Key) -> str:
    if key.required:
        return "**required**"
    return code(key.default) if key.default else ""


def _kinds() -> str:
    rows: Iterator[tuple[str, ...]] = (
        (kind.name, kind.holds, code(kind.example)) for kind in KINDS
    )
    return "## Kinds of value\n\n" + table(("value", "what it may hold", "example"), rows)
