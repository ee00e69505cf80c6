"""The database: PostgreSQL, a primary and the replicas that may take its place."""

from uz.components.database.budget import Budget, budget
from uz.components.database.component import database, led_by, name, nodes_of
from uz.components.database.leading import leading
from uz.components.database.scripts import REFUSED

__all__ = ["REFUSED", "Budget", "budget", "database", "leading", "led_by", "name", "nodes_of"]
