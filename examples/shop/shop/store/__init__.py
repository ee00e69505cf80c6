"""What is done with the database, as functions: each is work for `shop.database.Database`."""
