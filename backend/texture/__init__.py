"""From the registered portrait to the finished texture: observed texels, their light, composition, files."""
