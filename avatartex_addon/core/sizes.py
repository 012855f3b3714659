"""Sizes of files in words."""


def size_text(size: float) -> str:
    """'1.5 GB', '12 MB' for so many bytes."""
    return f"{size / 1e9:.1f} GB" if size >= 1e8 else f"{max(1, round(size / 1e6))} MB"


def freed_text(size: int) -> str:
    """' (1.5 GB)' for a button that frees them, '' where the size is not known."""
    return f" ({size_text(size)})" if size else ""
