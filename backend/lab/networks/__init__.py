"""Torch modules of the stages' networks, which are trained and then written as graphs (lab/training/graphs.py)."""
