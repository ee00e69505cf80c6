import re

import pytest
from tests.bare_postgres import bare

from uz.components.database.roles import (
    BRIDGE,
    LOGINS,
    PASSWORDS,
    ROLES,
    bridge,
    canary,
    limits,
    no_bridge,
    passfile,
    passwords,
    rights,
    roles,
    setup,
)
from uz.errors import BackupError
from uz.spec import Database
from uz.stack import SecretText
from uz.testing import MACHINE


def line(text: str, start: str) -> str:
    (found,) = [one for one in text.splitlines() if one.startswith(start)]
    return found


def test_every_role_that_logs_in_has_a_password() -> None:
    assert set(SecretText(passwords()).names()) == {*PASSWORDS, "database/app-next"}
    for role in ROLES:
        assert f"ALTER ROLE {role} PASSWORD '{{{{database/{role}}}}}';" in passwords()


def test_passwords_stay_out_of_the_servers_log() -> None:
    first, second, *_ = passwords().splitlines()
    assert first == "SET log_statement = 'none';"
    assert second == "SET log_min_error_statement = 'panic';"


def test_a_passfile_holds_the_roles_that_were_asked_for() -> None:
    assert passfile("app", "monitoring") == (
        "*:*:*:app:{{database/app}}\n*:*:*:monitoring:{{database/monitoring}}\n"
    )


@pytest.mark.parametrize("role", ROLES)
def test_no_role_that_logs_in_is_more_than_it_has_to_be(role: str) -> None:
    altered = [one for one in roles(Database()).splitlines() if f"ROLE {role} " in one]
    for word in ("SUPERUSER", "CREATEDB", "CREATEROLE", "BYPASSRLS"):
        assert not any(word in one for one in altered)
    assert ("REPLICATION" in " ".join(altered)) is (role == "replication")


def test_nobody_logs_in_as_the_owner_of_the_schema() -> None:
    text = roles(Database())
    assert line(text, "ALTER ROLE owner") == "ALTER ROLE owner NOLOGIN;"
    assert [one for one in text.splitlines() if one.startswith("GRANT owner")] == [
        "GRANT owner TO migrations;"
    ]
    assert "ALTER ROLE migrations SET role = 'owner';" in text


def test_limits_of_time_are_those_of_the_spec() -> None:
    text = roles(
        Database.model_validate(
            {
                "statement_timeout": "3s",
                "lock_timeout": "500ms",
                "idle_in_transaction_timeout": "1m",
            }
        )
    )
    assert "ALTER ROLE app SET statement_timeout = '3000ms';" in text
    assert "ALTER ROLE app SET lock_timeout = '500ms';" in text
    assert "ALTER ROLE migrations SET lock_timeout = '500ms';" in text
    assert "ALTER ROLE app SET idle_in_transaction_session_timeout = '60000ms';" in text


def test_with_synchronous_replicas_the_server_cuts_no_statement() -> None:
    text = roles(Database(replication="synchronous"))
    assert "SET statement_timeout = '15000ms'" not in text
    assert "ALTER ROLE app RESET statement_timeout;" in text


def test_migrations_have_no_limit_on_a_statement() -> None:
    assert not re.search(r"ROLE migrations SET statement_timeout", roles(Database()))


def test_the_public_role_has_nothing() -> None:
    assert "REVOKE ALL ON DATABASE app FROM PUBLIC;" in roles(Database())
    assert "REVOKE CREATE ON SCHEMA public FROM PUBLIC;" in rights()
    assert "REVOKE ALL ON FUNCTION pgbouncer.user_lookup(text) FROM PUBLIC;" in rights()


def test_what_is_to_come_is_the_apps_to_use_as_well() -> None:
    defaults = [one for one in rights().splitlines() if one.startswith("ALTER DEFAULT")]
    assert len(defaults) == 3
    assert all("FOR ROLE owner" in one and one.endswith("TO app;") for one in defaults)
    assert not any("CREATE" in one or "TRUNCATE" in one for one in defaults)


def test_the_lookup_of_passwords_runs_with_a_fixed_search_path_and_finds_the_app_alone() -> None:
    assert "SECURITY DEFINER SET search_path = pg_catalog" in rights()
    only = "WHERE rolname = wanted AND rolname IN ('app', 'app_next') AND rolcanlogin"
    assert only in rights()


def test_the_setup_waits_for_no_standby_and_for_nothing_without_a_bound() -> None:
    text = setup(MACHINE)
    for setting in ("synchronous_commit=local", "statement_timeout=", "lock_timeout="):
        assert setting in text
    assert "PGCONNECT_TIMEOUT=" in text


def test_the_setup_gives_no_password_as_an_argument() -> None:
    assert "{{" not in setup(MACHINE)
    assert "PGPASSFILE=$PWD/credentials/database-setup/pgpass" in setup(MACHINE)


@pytest.mark.parametrize("replication", ["asynchronous", "synchronous"])
def test_the_role_that_stands_in_for_the_apps_is_the_app_with_the_same_limits(
    replication: str,
) -> None:
    database = Database.model_validate({"replication": replication})
    text = bridge(database)
    assert {"GRANT app TO app_next;", "ALTER ROLE app_next SET role = 'app';"} <= set(
        text.splitlines()
    )
    own = limits("app", database)
    assert own in roles(database)
    assert own.replace("ROLE app ", "ROLE app_next ") in text
    assert BRIDGE not in roles(database)


def test_it_lets_nobody_in_when_it_is_not_wanted() -> None:
    steps = no_bridge().splitlines()
    order = [
        next(number for number, one in enumerate(steps) if words in one)
        for words in ("NOLOGIN", "pg_terminate_backend", "DROP ROLE IF EXISTS app_next;")
    ]
    assert order == sorted(order)


def test_the_setup_gives_passwords_to_those_that_it_is_told() -> None:
    text = setup(MACHINE)
    assert "read -r logins < credentials/database-setup/logins" in text
    assert "for role in $logins; do" in text
    assert SecretText(LOGINS).names() == ("database/logins",)


def test_the_database_of_uzs_own_is_made_where_there_are_backups() -> None:
    assert "canary.sql" in setup(MACHINE, backups=True)
    assert "canary.sql" not in setup(MACHINE)


@pytest.mark.live
def test_nobody_but_the_superuser_gets_into_the_database_of_uzs_own() -> None:
    with bare() as server:
        server.ask("DROP DATABASE app", "postgres")
        for text in (roles(Database()), canary()) * 2:
            done = server.session.script(text, "postgres", within=30)
            assert done.ok, done.stderr
        assert server.ask("SELECT count(*) FROM canary", "uz") == "0"
        with pytest.raises(BackupError, match="permission denied for database"):
            server.ask("\\connect uz app", "postgres")
        asked = (
            "SELECT bool_or(has_database_privilege(role, 'uz', right_)) FROM"
            f" unnest(ARRAY{[*ROLES, 'owner']}) role, unnest(ARRAY['CONNECT', 'TEMP']) right_"
        )
        assert server.ask(asked, "postgres") == "f"
