"""The HTTP API: flows, runs, components and blobs over REST. No run that was accepted is lost."""
