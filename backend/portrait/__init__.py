"""The portrait: decoded, its face found, its landmarks, its matte, its style."""
