"""`uz.toml`: what the user wants, typed, with every key documented where it is defined."""

from uz.spec.app import App, Process
from uz.spec.backups import Backups, Keep
from uz.spec.database import Database
from uz.spec.edge import Edge
from uz.spec.load import load, parse
from uz.spec.maintenance import Maintenance
from uz.spec.network import Logs, Network
from uz.spec.redis import Redis
from uz.spec.secrets import Login, ManagerKind, Pipeline, Secrets
from uz.spec.spec import Kind, Ports, Spec

__all__ = [
    "App",
    "Backups",
    "Database",
    "Edge",
    "Keep",
    "Kind",
    "Login",
    "Logs",
    "Maintenance",
    "ManagerKind",
    "Network",
    "Pipeline",
    "Ports",
    "Process",
    "Redis",
    "Secrets",
    "Spec",
    "load",
    "parse",
]
