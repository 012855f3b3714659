"""Stylised variants of a head: one registration, one completion per seed, one painted texture per style and seed."""
