"""Item 3: the pipeline gets at the secrets by its own identity, and nothing that lasts does."""

from datetime import timedelta
from functools import partial

from uz.checklist.fetching.identity import identity
from uz.checklist.fetching.logins import last_login
from uz.checklist.fetching.long_lived import no_long_lived
from uz.checklist.fetching.sabotage import (
    any_audience,
    any_subject,
    expired_accepted,
    long_lived_token,
    open_bootstrap,
    token_left,
)
from uz.checklist.item import Control, Experiment
from uz.checklist.secrecy.fit import no_openbao
from uz.environment import Environment
from uz.evidence import Effect
from uz.verdict import State, Verdict, together

ENTER, LONG = "identity", "no-long-lived"


def entering(env: Environment) -> Verdict:
    """Try who gets in, and look whether a pipeline ever did."""
    tried = identity(env)
    return together([tried, last_login(env)]) if tried.state is State.PROVEN else tried


class SecretsFetched:
    """A deploy fetches its secrets by the CI's own identity token; nobody else gets in by one.

    A token of the secrets manager that is stored in the CI opens everything for everybody who
    can read it there, for as long as nobody thinks of it. The CI can instead sign what it is doing,
    which repository and which branch, and OpenBao takes that for a token of ten minutes. Whether it
    takes too much cannot be seen from outside, so Uz mirrors the role that is in use under a key of
    its own, and tries the right identity and every one that is almost the same: another branch, a
    longer name, the right one in a list, another audience or issuer, expired, unsigned. Only the
    issuer itself can sign its tokens, so that this was a mirror is said in the evidence, and
    production counts as ready once a pipeline has really logged in. Then Uz looks for what would
    open the secrets without any of this.
    """

    id = "secrets.fetched-at-deploy"
    line = "the pipeline fetches secrets at deploy time, with no stored credential"
    fix = (
        "Name your CI in [pipeline] of uz.toml and let it deploy by its identity token; take away"
        " every stored token that the report names."
    )
    needs: tuple[str, ...] = ()
    inputs = ("openbao", "[pipeline]", "[secrets]")
    max_age = timedelta(days=7)

    @property
    def experiments(self) -> tuple[Experiment, ...]:
        """Who gets in, and what else would."""
        right = "the right identity gets a token for minutes, each wrong one is refused"
        only = "nothing opens the secrets for long but the bootstrap credential"
        return (
            Experiment(ENTER, Effect.PROBE, right, entering),
            Experiment(LONG, Effect.OBSERVE, only, no_long_lived, here_only=True),
        )

    @property
    def controls(self) -> tuple[Control, ...]:
        """Each a way in that is too wide."""
        late, month = "tokens are taken after their end", "the pipeline's token lasts a month"
        return (
            _control("any-subject", "every repository gets in", ENTER, any_subject),
            _control("any-audience", "tokens made for others are taken", ENTER, any_audience),
            _control("expired-accepted", late, ENTER, expired_accepted),
            _control("long-lived-token", month, ENTER, long_lived_token),
            _control("token-left", "a token without an end is left", LONG, token_left),
            _control("open-bootstrap", "all can read the credential", LONG, open_bootstrap),
        )


_control = partial(Control, unfit=no_openbao)
