"""What the commands do, without how they look: plan, run, erase. Used by the command line, later by the HTTP API."""
