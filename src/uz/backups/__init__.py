"""What backups are made of: an engine, a repository on this machine, and a store off-site."""
