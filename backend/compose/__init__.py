"""Observed and made-up texels into one texture: regions, UDIM tiles, provenance."""
