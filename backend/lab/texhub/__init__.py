"""The data set builder: skins and heads in, aligned atlas textures out."""
