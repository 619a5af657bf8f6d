"""Worker processes: where native engines run, so that a crash, a hang or a leak there costs one call."""
