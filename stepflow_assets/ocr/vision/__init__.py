"""Recognition by a vision model behind any OpenAI-compatible server: one client, and a dialect per family of models."""
