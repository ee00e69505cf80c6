"""What tests need: a Spec made of a few words, a fake Environment, and what each one promises."""

from uz.testing.conformance import EnvironmentConformance
from uz.testing.fake import FakeEnvironment
from uz.testing.secrets import MemoryManager, MemorySecrets
from uz.testing.specs import MACHINE, spec, uz_toml

__all__ = [
    "MACHINE",
    "EnvironmentConformance",
    "FakeEnvironment",
    "MemoryManager",
    "MemorySecrets",
    "spec",
    "uz_toml",
]
