"""Schemas of everything in a flow: what is declared, what follows from it, and what does not fit."""
