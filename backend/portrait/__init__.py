"""The portrait: decoded, its face found, its landmarks, its parse, its style."""
