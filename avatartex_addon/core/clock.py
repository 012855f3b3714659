"""How long a job will still take, as an artist can believe it: it falls with the seconds and does not jump; and
sizes of files in words."""


class TimeLeft:
    """Seconds until the end of one job.

    Args:
        expected: seconds that a job of this kind took the last time; 0 when there was none.
    """

    def __init__(self, now: float, expected: float = 0.0) -> None:
        self.started = self._last = now
        self.expected = expected
        self.seconds: float | None = None  # None: not known yet
        self._fraction = 0.0
        self._goal = expected  # the estimate at the last news, less what passed since

    def update(self, fraction: float, now: float) -> float | None:
        """The share of the job that is done, as often as there is time; the seconds that are left."""
        passed, self._last = now - self._last, now
        self._goal -= passed
        if fraction > self._fraction:
            self._fraction = fraction
            self._goal = self._estimate(fraction, now - self.started)
        if self.seconds is None:
            # a job's own pace counts from 0.08 on where no earlier one is known
            if self._goal > 0 and (self.expected or fraction >= 0.08):
                self.seconds = self._goal
        else:
            self.seconds -= passed
            # two thirds of an error are made good in 2.5 s
            self.seconds += (self._goal - self.seconds) * min(1.0, passed / 2.5)
            self.seconds = max(0.0, self.seconds)
        return self.seconds

    def _estimate(self, fraction: float, elapsed: float) -> float:
        # from 0.6 on the pace so far says all, before it the last job's duration does part
        trust = min(1.0, fraction / 0.6) if self.expected else 1.0
        total = trust * elapsed / fraction + (1 - trust) * self.expected
        return max(0.0, total - elapsed)


def round_seconds(seconds: float) -> int:
    """As one says it: single seconds up to 20, fives up to a minute and a half, then half minutes."""
    step = 1 if seconds < 20 else 5 if seconds < 90 else 30
    return max(1, round(seconds / step) * step)


def size_text(size: float) -> str:
    """'1.5 GB', '12 MB' for so many bytes."""
    return f"{size / 1e9:.1f} GB" if size >= 1e8 else f"{max(1, round(size / 1e6))} MB"


def freed_text(size: int) -> str:
    """' (1.5 GB)' for a button that frees them, '' where the size is not known."""
    return f" ({size_text(size)})" if size else ""
