"""Sizes of files in words."""


def tell_size(size: float) -> str:
    """'1.5 GB', '12 MB' for so many bytes."""
    return f"{size / 1e9:.1f} GB" if size >= 1e8 else f"{max(1, round(size / 1e6))} MB"


def tell_freed(size: int) -> str:
    """' (1.5 GB)' for a button that frees them, '' where the size is not known."""
    return f" ({tell_size(size)})" if size else ""
