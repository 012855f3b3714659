"""Colour, sampling, bands and picture files: knows nothing of faces."""
