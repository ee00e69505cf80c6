"""The checklist: every item that Uz can prove today, in the order of the list."""

from uz.checklist.backups_restorable import BackupsRestorable
from uz.checklist.backups_scheduled import BackupsScheduled
from uz.checklist.database_managed import DatabaseManaged
from uz.checklist.database_pooled import DatabasePooled
from uz.checklist.item import Control, Experiment, Item
from uz.checklist.network import NetworkClosed
from uz.checklist.redis_durable import RedisDurable
from uz.checklist.secrets_fetched import SecretsFetched
from uz.checklist.secrets_managed import SecretsManaged
from uz.checklist.secrets_no_plaintext import SecretsNoPlaintext
from uz.checklist.tls_strong import TlsStrong
from uz.checklist.tls_terminated import TlsTerminated

ITEMS: tuple[Item, ...] = (
    SecretsManaged(),
    SecretsNoPlaintext(),
    SecretsFetched(),
    TlsTerminated(),
    TlsStrong(),
    NetworkClosed(),
    DatabaseManaged(),
    DatabasePooled(),
    RedisDurable(),
    BackupsScheduled(),
    BackupsRestorable(),
)

__all__ = ["ITEMS", "Control", "Experiment", "Item"]
