"""Item 1: every secret that the stack uses comes from the manager, and is read on the record."""

from datetime import timedelta
from functools import partial

from uz.checklist.item import Control, Experiment
from uz.checklist.secrecy import sabotage
from uz.checklist.secrecy.audited import audited
from uz.checklist.secrecy.fit import no_manager
from uz.checklist.secrecy.resolved import resolved
from uz.checklist.secrecy.rotates import rotates
from uz.evidence import Effect


class SecretsManaged:
    """Every service has exactly the secrets that the manager gives now, and no other.

    A manager is soon passed by: somebody writes a key into a start script, or changes a value that
    nobody delivers, and nothing looks wrong until the day it has to be changed. So Uz asks the
    manager for every secret and compares that with each credential file and with the variables of
    the running processes; a variable that looks like a secret and comes from elsewhere is named,
    unless `plain_env` says that it is none. Apps that read secrets from variables are listed, since
    every library and child of theirs sees those. Where OpenBao is Uz's own, its audit log has to
    show the reads and no value; other managers keep a record of their own, of which nothing is said
    here. And a secret that is rotated has to reach its readers, and the server that it opened has
    to refuse the old one.
    """

    id = "secrets.managed"
    line = (
        "every sensitive value lives in a secrets manager (Vault or OpenBao, AWS Secrets Manager,"
    )
    line += " Azure Key Vault)"
    fix = (
        "Keep the value with `uz secrets set NAME`, refer to it in uz.toml, and `uz up`; what is no"
        " secret is named in app.plain_env."
    )
    needs: tuple[str, ...] = ()
    inputs = ("openbao", "web", "worker", "[secrets]", "[app]")
    max_age = timedelta(days=7)

    @property
    def experiments(self) -> tuple[Experiment, ...]:
        """The comparison, the record, and a rotation."""
        seen = "reads are on the record, values are not"
        same = "services have what the manager gives, and no other secret"
        return (
            Experiment("resolved", Effect.OBSERVE, same, resolved, here_only=True),
            Experiment("audited", Effect.PROBE, seen, audited, here_only=True),
            Experiment("rotates", Effect.DISRUPT, "a new value reaches its readers", rotates),
        )

    @property
    def controls(self) -> tuple[Control, ...]:
        """Each a stack whose secrets only seem to come from the manager."""
        return (
            _control("literal", "a key in a start script", "resolved", sabotage.literal),
            _control("stale-file", "a value that nobody delivers", "resolved", sabotage.stale_file),
            _control("audit-raw", "values in the audit log", "audited", sabotage.raw_audit),
            _control("put-back", "the old file is put back", "rotates", sabotage.put_back),
        )


_control = partial(Control, unfit=no_manager)
