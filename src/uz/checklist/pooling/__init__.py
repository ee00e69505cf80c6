"""What `database.pooled` tries: a crowd, the time limits, and prepared statements."""
