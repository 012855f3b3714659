"""python -m backend.lab.faces build."""

import sys

from .command import main

if __name__ == "__main__":
    raise SystemExit(main(sys.argv[1:]))
