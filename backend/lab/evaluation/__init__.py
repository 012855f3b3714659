"""Measuring on known truth: rendered portraits of textured heads, baselines, metrics, tables."""
