"""What `database.managed` tries: settings, syncs, replicas, crashes and losses."""
