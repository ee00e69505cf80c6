from uz.spec import Kind
from uz.testing import spec, uz_toml


def test_without_a_word_it_is_a_small_app_in_production() -> None:
    made = spec()
    assert (made.app.name, made.environment, made.kind) == ("shop", "production", Kind.PRODUCTION)


def test_tables_lie_over_the_small_app() -> None:
    made = spec(app={"instances": 3}, edge={"rate": 7})
    assert (made.app.instances, made.app.name, made.edge.rate) == (3, "shop", 7)


def test_another_environment_is_a_rehearsal_on_ports_of_its_own() -> None:
    made = spec("trial")
    assert made.kind is Kind.REHEARSAL
    assert made.ports.https == 23443


def test_the_kind_can_be_chosen() -> None:
    assert spec("trial", kind="staging").kind is Kind.STAGING
    assert spec(kind="staging").kind is Kind.STAGING


def test_what_is_given_for_the_environment_wins() -> None:
    assert (
        spec("trial", environments={"trial": {"network": {"port_base": 25000}}}).ports.base == 25000
    )


def test_awkward_characters_reach_the_spec_as_they_are() -> None:
    value = "\"'\\ = # [x] é \U0001f600"
    assert spec(app={"env": {"VALUE": value}}).app.env["VALUE"] == value


def test_the_text_can_be_written_to_a_file_and_read_by_people() -> None:
    assert uz_toml(app={"instances": 3}).splitlines()[:3] == [
        "[app]",
        'name = "shop"',
        'domain = "shop.example"',
    ]
