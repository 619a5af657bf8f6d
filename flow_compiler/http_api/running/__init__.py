"""Working on runs: the queue, one run, what it writes down."""
