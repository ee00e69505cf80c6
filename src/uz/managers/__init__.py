"""Secrets managers: one protocol, and what speaks it."""

from uz.managers.protocol import VALUE, WHOLE, Kept, Manager
from uz.managers.source import ManagedSecrets

__all__ = ["VALUE", "WHOLE", "Kept", "ManagedSecrets", "Manager"]
