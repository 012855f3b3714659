"""What is said to those who watch a terminal."""

import sys


class ProgressLine:
    """Each new stage on stderr."""

    def __init__(self) -> None:
        self.last = ""

    def __call__(self, stage: str, fraction: float) -> None:
        if stage != self.last:
            self.last = stage
            print(f"{round(fraction * 100):3d} %  {stage}", file=sys.stderr, flush=True)
