"""Measurements, on rendered truth and on real people."""
