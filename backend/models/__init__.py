"""Profiles, bundled weights and their checksums."""
