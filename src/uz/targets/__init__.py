"""Targets: where a stack can run. Today: this machine."""
