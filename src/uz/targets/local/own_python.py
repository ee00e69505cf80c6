"""Two scripts by which the operator's services start Uz's own code, with the Python that made them.

By hand they work too: `sh FOLDER/uz status` is the Uz that brought the environment up.
"""

import os
import shlex
import sys

from uz.targets.local.folders import write
from uz.targets.local.layout import Layout

SCRIPT = """\
#!/bin/sh
# {name}: {what}. Written by `uz up`.
here=$(cd "$(dirname "$0")" && pwd -P)
export UZ_HOME="${{here%/*/*}}"
exec {words} "$@"
"""


def write_scripts(layout: Layout) -> None:
    """Write `uz` and `python` into the environment's folder. Raises MachineError.

    The folder that they are started in is not where Python looks for modules: it may be the app's.
    """
    python = f"{shlex.quote(sys.executable)} -P"
    for name, what, words in (
        ("uz", "the Uz that brought this environment up", f"{python} -m uz"),
        ("python", "the Python that Uz runs in", python),
    ):
        text = SCRIPT.format(name=name, what=what, words=words)
        write(layout.root / name, text, 0o700, os.geteuid())
