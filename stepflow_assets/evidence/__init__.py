"""Showing and checking where a chunk comes from: pictures of places (``picture``) and whether a place is real (``resolve``)."""
