"""Detail at the artist's size on skin and hair that no portrait shows."""
