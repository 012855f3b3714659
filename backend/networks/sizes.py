"""Texels of the canonical atlas, per side: what the networks read and write, and what the linear prior holds."""

TEXELS = 256  # a pore is finer, and is surface/skin.py's
#: A canvas of this size and layers that add what is finer cost a quarter of a linear prior at full size.
CANVAS = 128
