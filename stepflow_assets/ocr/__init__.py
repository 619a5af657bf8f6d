"""Recognition: the provider protocol, who is asked and when an answer counts, and reading order from geometry."""
