"""Formats that are not pages: what a file is, by its content, and its conversion by docling in a worker process."""
