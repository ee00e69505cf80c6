"""What all tables of `uz.toml` have in common."""

from pydantic import BaseModel, ConfigDict


class Table(BaseModel):
    """One table of `uz.toml`: unknown keys are refused, values cannot change afterwards."""

    model_config = ConfigDict(extra="forbid", frozen=True, use_attribute_docstrings=True)
