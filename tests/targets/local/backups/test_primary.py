import pytest
from tests.operations.cluster import Cluster

from uz.errors import UnhealthyError
from uz.targets.local.backups.primary import primary_session
from uz.targets.local.users import isolated


def test_it_is_the_primarys_socket_whoever_leads() -> None:
    cluster = Cluster()
    session = primary_session(cluster)
    assert session.socket == cluster.folder / "run/database"
    assert session.port == cluster.address("database-1").port
    cluster.servers["database-1"].leads, cluster.servers["database-2"].leads = False, True
    assert primary_session(cluster).port == cluster.address("database-2").port


def test_it_has_the_rights_of_the_servers_and_no_more() -> None:
    rights = primary_session(Cluster()).rights
    assert bool(rights) is isolated()
    assert not rights or "--no-new-privs" in rights


def test_without_a_primary_there_is_none() -> None:
    cluster = Cluster()
    cluster.servers["database-1"].leads = False
    with pytest.raises(UnhealthyError, match="no server is the primary"):
        primary_session(cluster)
