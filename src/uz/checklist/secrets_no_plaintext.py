"""Item 2: no secret lies in the repository, its history, or anywhere on the disk."""

from collections.abc import Callable
from datetime import timedelta

from uz.checklist.item import Control, Experiment
from uz.checklist.secrecy import planted
from uz.checklist.secrecy.patterns import patterns
from uz.checklist.secrecy.places import data, files, history, processes, releases, work_tree
from uz.environment import Environment
from uz.evidence import Effect
from uz.verdict import Verdict


class SecretsNoPlaintext:
    """The values that the manager keeps are found nowhere else, in none of the usual forms.

    Patterns find what looks like a secret; whether *your* secrets have leaked only a search for
    them can say. So Uz takes every value from the manager, and what opens the manager itself, and
    looks for it, as it is, in base64, in URLs and in JSON: in the work tree and what git ignores
    there, in every object of the history, in configuration, logs, releases, state and the data of
    every server, and in the arguments and variables of all processes. Allowed are the one bootstrap
    credential in its file, and the variables of readers that `uz.toml` names; those are listed.
    gitleaks looks for what Uz does not know. A part that could not be read is an answer of its own,
    never a pass, and each search has to find a canary of its own to count. Values are in memory for
    the search only. Older ones count in the history, yours until the baseline says otherwise.

    In a rehearsal the controls leave a canary in each place and take it away again: for that moment
    there are files named `.uz-canary-…` and an unreachable git object in the repository as well. As
    any commit and any log line may bring a secret, the evidence counts for one day.
    """

    id = "secrets.no-plaintext"
    line = "no plaintext secret in the repository, its history or `.env` files"
    fix = (
        "Rotate what was found (`uz secrets rotate NAME`), then remove it; what only looks like a"
        " secret goes into the baseline with a reason and a day."
    )
    needs: tuple[str, ...] = ()
    inputs = ("openbao", "web", "worker", "server", "edge", "[secrets]", "[app]")
    max_age = timedelta(days=1)

    @property
    def experiments(self) -> tuple[Experiment, ...]:
        """One for each place, so that each is quick."""
        looks = "nothing new that looks like a secret"
        files_line = "no value in configuration, logs, state, or beside them"
        return (
            _here("work-tree", "no value in the project's files", work_tree),
            _here("history", "no value in any git object", history),
            Experiment("patterns", Effect.OBSERVE, looks, patterns),
            _here("files", files_line, files),
            _here("releases", "no value in the releases", releases),
            _here("data", "no value in the servers' data", data),
            _here("processes", "no value but where uz.toml says", processes),
        )

    @property
    def controls(self) -> tuple[Control, ...]:
        """A canary in each place."""
        return (
            Control("in-file", "in an untracked file", "work-tree", planted.in_work_tree),
            Control("in-env", "in a `.env` that git ignores", "work-tree", planted.in_ignored_env),
            Control("in-object", "in a git object", "history", planted.in_history),
            Control("looks-like", "a token nobody knows", "patterns", planted.looks_like),
            Control("in-config", "rendered, in base64", "files", planted.in_configuration),
            Control("in-log", "in a log", "files", planted.in_log),
            Control("in-old-log", "in a log that was packed", "files", planted.in_rotated_log),
            Control("in-state", "beside the state", "files", planted.in_state),
            Control("kit-left", "a readable recovery kit", "files", planted.kit_left),
            Control("in-release", "in a release", "releases", planted.in_release),
            Control("in-data", "in a server's data", "data", planted.in_data),
            Control("in-argument", "in a process's arguments", "processes", planted.in_arguments),
            Control("in-variable", "in another's variable", "processes", planted.in_variables),
        )


def _here(name: str, line: str, prove: Callable[[Environment], Verdict]) -> Experiment:
    """An experiment with the values of this environment: a rehearsal has others."""
    return Experiment(name, Effect.OBSERVE, line, prove, here_only=True)
