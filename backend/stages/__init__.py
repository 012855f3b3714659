"""The paper's three stages, one file each."""
