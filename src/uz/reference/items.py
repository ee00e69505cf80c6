"""The page on items, from the checklist itself."""

import inspect

from uz.checklist import ITEMS, Item
from uz.evidence import Effect
from uz.reference.markdown import GENERATED, code, table

EFFECTS = {
    Effect.OBSERVE: "reads only",
    Effect.PROBE: "adds a little harmless traffic",
    Effect.DISRUPT: "takes something away from users",
}

HEAD = f"""\
{GENERATED}
# Items

What Uz can prove today, in the order of [the checklist](../checklist.md). `uz explain ITEM` shows
the same on the terminal.

An item's **experiments** all have to hold. Each says what it does to users:

{table(("class", "does"), [(code(one.value), words) for one, words in EFFECTS.items()])}
`uz prove` runs the first two kinds on the running environment; what disrupts runs in a rehearsal,
or with `uz prove --disrupt`.

A **negative control** breaks one thing on purpose, in a rehearsal, and the experiment it names must
then be refuted: `held`. A control that is `missed` means that the experiment proves nothing.
"""


def items() -> str:
    """The whole page. Raises ValueError where anything about an item is not told."""
    return "\n".join([HEAD, *map(_item, ITEMS)])


def _item(item: Item) -> str:
    experiments = [
        (code(one.name), one.effect.value, _told(item, one.name, one.line))
        for one in item.experiments
    ]
    controls = [
        (code(one.name), _told(item, one.name, one.line), code(one.catches))
        for one in item.controls
    ]
    age = item.max_age.days
    return "\n".join(
        [
            f"## {item.id}\n\n*{_told(item, 'line', item.line)}*\n",
            f"{_told(item, 'docstring', inspect.getdoc(type(item)))}\n",
            table(("experiment", "class", "what must hold"), experiments),
            table(("control", "what is broken on purpose", "noticed by"), controls),
            f"Its evidence counts for {age} day{'s' * (age != 1)}, as long as the configuration and"
            f" the version of these stay the same: {', '.join(map(code, item.inputs))}.\n",
            f"**When it does not hold:** {_told(item, 'fix', item.fix)}\n",
        ]
    )


def _told(item: Item, what: str, text: str | None) -> str:
    if not text:
        raise ValueError(f"{item.id}: {what} is not described")
    return text
