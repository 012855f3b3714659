"""What the add-on reads from the artist's scene, and the little that it writes."""
