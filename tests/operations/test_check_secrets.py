from uz.components import compose
from uz.errors import SecretError, UnreachableError
from uz.operations.check_secrets import Checked, Resolve, check_secrets
from uz.secret import Secret
from uz.spec import Spec
from uz.spec.reference import Reference
from uz.testing import MACHINE, MemoryManager, spec

BAO = "ref+vault://secret/{}#/value"


def shop(*names: str) -> Spec:
    env = {f"KEY_{number}": name for number, name in enumerate(names)}
    return spec(app={"env": env, "instances": 1}, secrets={"manager": "openbao"})


def checked(of: Spec, resolve: Resolve, manager: MemoryManager | None = None) -> Checked:
    return check_secrets(manager, of, compose(of, MACHINE), resolve)


def test_all_is_well_where_every_reference_leads_to_a_secret() -> None:
    found = checked(shop(BAO.format("a"), "ref+file://b"), lambda _: Secret(b"hunter2hunter2"))
    assert found == Checked((BAO.format("a"), "ref+file://b"), (), ())


def test_every_problem_is_told_at_once_with_who_reads_it() -> None:
    def resolve(one: Reference) -> Secret:
        if one.path.endswith("a"):
            raise SecretError("there is no secret/a")
        if one.path.endswith("b"):
            raise SecretError(f"{one}: no field 'value'")
        return Secret(b"hunter2hunter2")

    found = checked(shop(*map(BAO.format, "abd")), resolve)
    assert found.problems == (
        f"{BAO.format('a')}: there is no secret/a (read by app-1)",
        f"{BAO.format('b')}: no field 'value' (read by app-1)",
    )
    assert found.resolved == (BAO.format("d"),)


def test_a_manager_that_does_not_answer_is_waited_for_once() -> None:
    asked = []

    def resolve(one: Reference) -> Secret:
        asked.append(one.path)
        if one.scheme == "vault":
            raise UnreachableError("no answer in 5 s")
        return Secret(b"hunter2hunter2")

    found = checked(shop(BAO.format("a"), "ref+file://f", BAO.format("b")), resolve)
    assert asked == ["secret/a", "f"]
    assert [one.partition(": ")[2] for one in found.problems] == [
        "no answer in 5 s (read by app-1)"
    ] * 2


def test_what_nobody_reads_is_named_but_uzs_own() -> None:
    manager = MemoryManager()
    for path in ("secret/a", "secret/left", "secret/uz/redis/app"):
        manager.write(path, {"value": Secret(b"hunter2hunter2")})
    found = checked(shop(BAO.format("a")), lambda _: Secret(b"hunter2hunter2"), manager)
    assert found.unused == ("secret/left",)


def test_without_references_there_is_nothing_to_do() -> None:
    assert checked(shop(), lambda _: Secret(b"")) == Checked((), (), ())
