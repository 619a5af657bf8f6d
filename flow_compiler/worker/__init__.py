"""The Python worker: serves components in a process, or an environment, of their own (docs/protocol.md).

Imports pydantic and little else: another environment need not have what the platform needs.
"""
