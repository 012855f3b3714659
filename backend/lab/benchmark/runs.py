"""A run's figures, averaged over people: by how much ours is ahead of the others, and where it is not."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

import numpy as np

from ..evaluation.metrics import cell, mean_error
from ..texhub.pigments import TONES
from .measure import ESTIMATED
from .methods import OURS
from .scores import COLUMNS, PART_COLUMNS, Column, Figures

#: Fields of a case that means are also given for, and the limits of yaw in degrees.
KINDS, YAWS = ("tone", "style", "hair", "light", "camera", "occluder", "yaw"), (15, 30, 45)
#: Cases of a kind from which it is told.
FEWEST = 2
ALL = "all cases"

Rows = Mapping[str, Mapping[str, Figures]]  # method -> case -> figures


@dataclass
class Run:
    """cases: what each is. bodies: what was measured of them. results: of other projects. refused: case -> why."""

    cases: dict[str, dict]
    bodies: dict[str, dict] = field(default_factory=dict)
    results: dict[str, dict[str, Figures]] = field(default_factory=dict)
    refused: dict[str, str] = field(default_factory=dict)
    columns: Mapping[str, Column] = field(default_factory=lambda: COLUMNS | PART_COLUMNS)

    def by_method(self, whose: str = ESTIMATED) -> dict[str, dict[str, Figures]]:
        """Method -> case -> figures; other projects' textures know no camera of ours."""
        found: dict[str, dict[str, Figures]] = {}
        for case, body in self.bodies.items():
            for method, figures in body["figures"].get(whose, {}).items():
                found.setdefault(method, {})[case] = figures
        return found | (self.results if whose == ESTIMATED else {})

    def face_of(self, case: str) -> str:
        """Whose face a case shows; one that does not say it is somebody of its own."""
        about = self.cases[case]
        return about.get("face") or (f"{about.get('kit', '')}/{about['skin']}" if about.get("skin") else case)

    def faces(self, cases: Sequence[str]) -> int:
        return len(set(map(self.face_of, cases)))

    def mean(self, row: Mapping[str, Figures], key: str, cases: Sequence[str]) -> tuple[float, float]:
        """Over faces, with its standard error: portraits of one face are wrong alike."""
        return self._over_faces(cases, values(row, key, cases))

    def gain(self, rows: Rows, other: str, key: str, cases: Sequence[str]) -> tuple[float, float]:
        """By how much ours is better than another method, paired by case, with its standard error over faces."""
        sign = 1 if self.columns[key][2] else -1
        apart = values(rows[OURS], key, cases) - values(rows[other], key, cases)
        return self._over_faces(cases, sign * apart)

    def nearest(self, rows: Rows, key: str, cases: Sequence[str]) -> tuple[str, tuple[float, float]]:
        """The method that is not ours which comes nearest to ours or is ahead most, and what ours gains over it."""
        gains = {name: self.gain(rows, name, key, cases) for name in rows if not name.startswith(OURS)}
        gains = {name: value for name, value in gains.items() if np.isfinite(value[0])}
        return min(gains.items(), key=lambda one: one[1][0]) if gains else ("", (float("nan"), float("nan")))

    def _over_faces(self, cases: Sequence[str], figures: np.ndarray) -> tuple[float, float]:
        found: dict[str, list[float]] = {}
        for case, figure in zip(cases, figures, strict=True):
            if np.isfinite(figure):
                found.setdefault(self.face_of(case), []).append(float(figure))
        return mean_error([np.mean(one) for one in found.values()])

    def kinds(self) -> dict[str, dict[str, list[str]]]:
        """Kind -> value -> cases."""
        found: dict[str, dict[str, list[str]]] = {}
        for kind in KINDS:
            for name, about in self.cases.items():
                value = yaw_band(about.get("yaw")) if kind == "yaw" else about.get(kind)
                if value is not None and (value or kind == "occluder"):
                    found.setdefault(kind, {}).setdefault(str(value or "none"), []).append(name)
        tones = found.get("tone", {})
        found["tone"] = {name: tones[name] for name, _ in TONES if name in tones}  # the lightest first
        return {kind: values for kind, values in found.items() if len(values) > 1}

    def groups(self, kinds: Sequence[str] = KINDS) -> dict[str, list[str]]:
        """All cases, then those of each kind that has enough of them."""
        some = {kind: values for kind, values in self.kinds().items() if kind in kinds}
        return {ALL: [*self.cases]} | {
            f"{kind}: {value}": cases
            for kind, values in some.items()
            for value, cases in (values.items() if kind == "tone" else sorted(values.items()))
            if len(cases) >= FEWEST
        }

    def count(self, cases: Sequence[str]) -> str:
        """How many portraits of how many faces."""
        return f"{len(cases)} of {self.faces(cases)}"


def yaw_band(yaw: float | None) -> str | None:
    if yaw is None:
        return None
    limits = (0, *YAWS, 60)
    at = int(np.searchsorted(YAWS, abs(yaw)))
    return f"{limits[at]} to {limits[at + 1]} degrees"


def values(row: Mapping[str, Figures], key: str, cases: Sequence[str]) -> np.ndarray:
    """(n,) of the cases; nan where there is none."""
    return np.array([row.get(case, {}).get(key, np.nan) for case in cases], float)


def behind(run: Run) -> list[str]:
    """A sentence for each column, over all cases and by tone and style, in which a baseline is ahead of ours; of parts
    of the head over all cases alone."""
    rows, told = run.by_method(), []
    if OURS not in rows:
        return []
    for group, cases in run.groups(("tone", "style")).items():
        for key in [key for key in run.columns if group == ALL or key not in PART_COLUMNS]:
            name, (by, error) = run.nearest(rows, key, cases)
            if by < 0:
                heading, digits, _ = run.columns[key]
                told.append(
                    f"{group} ({run.count(cases)} faces): {name} is ahead by {cell((-by, error), digits)} in {heading}"
                )
    return told


def memory(run: Run) -> float:
    """MiB at most of a worker that has made ours and nothing else."""
    return max((body.get("memory", 0.0) for body in run.bodies.values()), default=0.0)
