"""What a ``stepflow-config.yml`` says: plugins, routes, pools, retries, blobs. Read here, carried out elsewhere."""
