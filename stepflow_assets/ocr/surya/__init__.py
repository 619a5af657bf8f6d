"""Surya by its own client, in an environment of its own: it pins old libraries, which the platform's must not have."""
