"""Who may connect to PostgreSQL from where."""


def hba() -> str:
    """pg_hba.conf: the superuser by the private socket alone, everybody else by SCRAM."""
    return """\
# The first line that fits decides. The superuser has no password and gets in by the socket alone,
# whose folder only the servers' user may enter; pg_ident.conf says who that is.
local  all          postgres                    peer map=uz
local  replication  postgres                    peer map=uz
host   all          postgres     all            reject
host   all          all          127.0.0.1/32   scram-sha-256
host   replication  replication  127.0.0.1/32   scram-sha-256
"""


def ident(*, isolated: bool) -> str:
    """pg_ident.conf: which users of the system may be the superuser."""
    lines = ["uz  uz    postgres", "uz  root  postgres"] if isolated else [r"uz  /^(.*)$  postgres"]
    why = "" if isolated else "# Without isolation all is one user's: the socket's folder is his.\n"
    return why + "\n".join(lines) + "\n"
