"""What heads look like: the linear prior, skin and light."""
