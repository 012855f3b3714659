"""What the artist does, one file per verb."""
