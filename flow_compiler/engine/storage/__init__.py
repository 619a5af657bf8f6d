"""Durable stores for the engine: SQLite or PostgreSQL for journal, memo and leases, obstore for artifacts."""

from flow_compiler.engine.storage.memory import memory_stores
from flow_compiler.engine.storage.opening import open_stores
from flow_compiler.engine.storage.passing import passing_stores

__all__ = ["memory_stores", "open_stores", "passing_stores"]
