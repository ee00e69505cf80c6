from collections.abc import Mapping

import pytest
from hypothesis import assume, given
from hypothesis import strategies as st

from uz.stack import Listen, Owner, Role, SecretText, Service, Stack, StaysUp, added


def service(name: str, **more: object) -> Service:
    """A service that is nothing but its name."""
    required: Mapping[str, object] = {
        "role": Role.SERVER,
        "owner": Owner.SERVERS,
        "command": ("true",),
        "ready": StaysUp(0),
        "description": "",
    }
    return Service(name, **{**required, **more})  # type: ignore[arg-type]


def stack(names: str, files: Mapping[str, str] | None = None) -> Stack:
    """One service for each letter, on a port of its own."""
    return Stack(tuple(service(name, listens=(Listen(ord(name)),)) for name in names), files or {})


LETTERS = st.text("abcdef", max_size=3).filter(lambda text: len(set(text)) == len(text))
STACKS = st.builds(
    stack, LETTERS, st.dictionaries(st.sampled_from("uvwxyz"), st.just(""), max_size=3)
)


def disjoint(*stacks: Stack) -> bool:
    """Whether no two of them have anything in common."""
    things = [[one.name for one in each.services] + list(each.files) for each in stacks]
    return len(set().union(*things)) == sum(map(len, things))


@given(STACKS)
def test_to_add_nothing_changes_nothing(one: Stack) -> None:
    assert one + Stack() == one == Stack() + one


@given(STACKS, STACKS, STACKS)
def test_addition_is_associative(a: Stack, b: Stack, c: Stack) -> None:
    assume(disjoint(a, b, c))
    assert (a + b) + c == a + (b + c) == added([a, b, c])


@given(STACKS, STACKS)
def test_overlap_is_refused_and_nothing_else(a: Stack, b: Stack) -> None:
    if disjoint(a, b):
        assert len((a + b).services) == len(a.services) + len(b.services)
    else:
        with pytest.raises(ValueError, match="defined twice"):
            _ = a + b


def test_the_same_port_is_an_overlap_unless_the_protocol_differs() -> None:
    tcp = Stack((service("a", listens=(Listen(53),)),))
    udp = Stack((service("b", listens=(Listen(53, protocol="udp"),)),))
    assert len((tcp + udp).services) == 2
    with pytest.raises(ValueError, match="port defined twice"):
        _ = tcp + Stack((service("c", listens=(Listen(53),)),))


@given(st.data(), st.integers(1, 7))
def test_services_start_after_those_they_need(data: st.DataObject, count: int) -> None:
    made = [
        service(
            str(n), after=tuple(data.draw(st.sets(st.sampled_from([str(i) for i in range(n)]))))
        )
        if n
        else service("0")
        for n in range(count)
    ]
    order = Stack(tuple(data.draw(st.permutations(made)))).in_start_order()
    place = {one.name: number for number, one in enumerate(order)}
    assert len(order) == count
    assert all(place[name] < place[one.name] for one in made for name in one.after)


@pytest.mark.parametrize("after", [("a",), ("gone",)])
def test_a_circle_or_an_unknown_need_cannot_be_ordered(after: tuple[str, ...]) -> None:
    with pytest.raises(ValueError, match="cannot be ordered: a"):
        Stack((service("a", after=after),)).in_start_order()


def test_services_are_found_by_name_and_by_role() -> None:
    whole = Stack((service("a"), service("b", role=Role.EDGE)))
    assert whole.service("b").name == "b"
    assert [one.name for one in whole.in_role(Role.EDGE)] == ["b"]
    with pytest.raises(KeyError):
        whole.service("c")


def test_a_service_reads_the_files_of_its_folder() -> None:
    one = service("app-1", folder="app")
    whole = Stack((one,), {"app/x": "1", "app/deep/y": "2", "apple/z": "3", "app": "4"})
    assert whole.files_of(one) == {"app/x": "1", "app/deep/y": "2", "app": "4"}
    assert service("edge").folder == "edge"


@pytest.mark.parametrize(("port", "privileged"), [(1023, True), (1024, False)])
def test_ports_below_1024_are_privileged(port: int, privileged: bool) -> None:
    assert service("a", listens=(Listen(port),)).privileged_ports is privileged


def test_references_are_told_with_the_services_that_read_them() -> None:
    one, other = "ref+vault://secret/a#/b", "ref+file:///etc/key"
    whole = Stack(
        (
            service("a", credentials={"x": one, "own": "app/own", "text": SecretText("{{app/b}}")}),
            service("b", credentials={"y": one, "z": other}),
        )
    )
    assert whole.references() == {one: ("a", "b"), other: ("b",)}
    assert Stack().references() == {}
