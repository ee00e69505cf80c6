"""What backups are made of: an engine, a repository on this machine, and a store off-site."""

PASSPHRASE = "backups/passphrase"
"""The secret that all of them are encrypted with; it is in the recovery kit as well."""
