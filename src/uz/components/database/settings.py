"""postgresql.conf: memory from the machine, connections by the budget, limits by the spec."""

from uz.components.database.archiving import archive_settings
from uz.components.database.budget import ADMINISTRATOR, budget
from uz.machine import Machine
from uz.spec import Database, Spec

MEBIBYTE = 2**20
SHARED = 4
"""A quarter of the memory for shared buffers, as PostgreSQL's manual recommends (19.4)."""


def memory(database: Database, machine: Machine) -> int:
    """Bytes that one server plans with."""
    return database.memory or machine.memory // (4 * len(database.nodes))


def settings(spec: Spec, database: Database, machine: Machine) -> str:
    """What all servers have in common."""
    own, sums = memory(database, machine), budget(spec, database)
    work = max(4 * MEBIBYTE, own // (4 * sums.server))
    return f"""\
# PostgreSQL of {spec.app.name} ({spec.environment}). Written by `uz render` from uz.toml.
# Time limits and connections of each role: database-setup/roles.sql.
listen_addresses = '127.0.0.1'
# where it is private, and the same seen from each server's data
unix_socket_directories = '../../../run/database'
unix_socket_permissions = 0700
hba_file = 'config/database/pg_hba.conf'
ident_file = 'config/database/pg_ident.conf'
password_encryption = 'scram-sha-256'
ssl = off

{sums.explained()}
max_connections = {sums.server}
superuser_reserved_connections = {ADMINISTRATOR}
# a client that is gone frees its connection, even in the middle of a statement
client_connection_check_interval = '5s'
tcp_keepalives_idle = 60

# Of {own // MEBIBYTE} MB for this server: a quarter shared, three quarters to be expected in the
# kernel's cache, and a quarter divided among all connections for sorting.
shared_buffers = '{own // SHARED // MEBIBYTE}MB'
effective_cache_size = '{own * 3 // 4 // MEBIBYTE}MB'
maintenance_work_mem = '{max(16, min(2048, own // 16 // MEBIBYTE))}MB'
work_mem = '{work // 1024}kB'
max_wal_size = '{max(256, database.retained_wal // MEBIBYTE)}MB'

# What was acknowledged is on the disk.
fsync = on
full_page_writes = on
synchronous_commit = on
wal_level = replica
wal_compression = on

# Replication: a slot keeps what an absent standby needs, up to a bound.
max_wal_senders = 10
max_replication_slots = 10
max_slot_wal_keep_size = '{max(1, database.retained_wal // MEBIBYTE)}MB'
wal_keep_size = '64MB'
wal_sender_timeout = '15s'
wal_receiver_timeout = '15s'
wal_receiver_status_interval = '1s'
wal_retrieve_retry_interval = '1s'
hot_standby = on
hot_standby_feedback = on
include '../../data/database/primary.conf'
{archive_settings(spec.backups)}
# Logs go to the supervisor. Values of parameters stay out of them.
log_line_prefix = '%m [%p] %q%u@%d '
log_min_duration_statement = '1s'
log_parameter_max_length = 0
log_parameter_max_length_on_error = 0
log_lock_waits = on
log_checkpoints = on
log_temp_files = '10MB'
timezone = 'UTC'
log_timezone = 'UTC'
"""


def node_settings(spec: Spec, database: Database, node: int) -> str:
    """What one server has of its own."""
    others = ", ".join(f"database_{one}" for one in database.nodes if one != node)
    wait = f"ANY 1 ({others})" if database.synchronous and others else ""
    return f"""\
# database-{node}: what it has of its own.
include 'postgresql.conf'
port = {spec.ports.database(node)}
cluster_name = 'database_{node}'
primary_slot_name = 'database_{node}'
# whom a commit waits for, when this one is the primary ({database.replication})
synchronous_standby_names = '{wait}'
"""
