"""How backups are restored and compared, and what is broken to see that noticed."""
