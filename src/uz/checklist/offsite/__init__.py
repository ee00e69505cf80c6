"""What is seen of backups that are off-site, and what is broken to see that noticed."""
