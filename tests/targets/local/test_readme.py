import re

from uz.components import compose
from uz.targets.local.readme import readme
from uz.testing import MACHINE, spec

TEXT = readme(spec("trial"), compose(spec("trial"), MACHINE))


def test_every_service_is_started_in_order() -> None:
    starts = re.findall(r"supervisorctl -c \S+ start (\S+)", TEXT)
    assert starts == ["app-1", "app-2", "edge", "log-rotation"]


def test_the_secrets_to_put_in_place_are_named_once() -> None:
    assert TEXT.count("`credentials/edge/key.pem` (the secret `edge/key`)") == 1


def test_an_app_with_secrets_has_them_listed_once_for_all_instances() -> None:
    made = spec("trial", app={"generated_secrets": ["pepper"]})
    text = readme(made, compose(made, MACHINE))
    assert text.count("`credentials/app/pepper`") == 1
