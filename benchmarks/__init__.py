"""What the platform costs, beside what it is compared with: ``python -m benchmarks`` (docs/benchmarks.md)."""
