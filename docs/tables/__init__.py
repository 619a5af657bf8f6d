"""The pages of the docs that are written from the code."""
