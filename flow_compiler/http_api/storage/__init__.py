"""What the server keeps in the database: flows, runs, their items and events, and what blobs are called."""
