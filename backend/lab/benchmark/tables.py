"""What a run says: tables of means with standard errors, where a baseline is ahead of ours first."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

import numpy as np

from ..evaluation.metrics import cell, mean_error
from ..texhub.pigments import TONES
from .measure import ESTIMATED, KNOWN
from .methods import BASELINES, OURS
from .scores import COLUMNS, Figures

#: Fields of a case that means are also given for, and the limits of yaw in degrees.
KINDS, YAWS = ("tone", "style", "hair", "light", "camera", "occluder", "yaw"), (15, 30, 45)
#: What is compared by kind, and by case.
MAIN = ("seen", "unseen", "seen_aligned", "unseen_aligned", "ita", "ciede2000")
#: Cases of a kind from which it is told.
FEWEST = 2
#: The published figures that stand beside ours: lowest mean error of ITA, and bias.
PUBLISHED = (11.2, 1.58)
CAVEAT = (
    f"Published on another, non-commercial set of rendered heads: lowest mean ITA error {PUBLISHED[0]} degrees, bias "
    f"{PUBLISHED[1]}. Other skins, lights and renderer, so the two cannot be compared; they say what is usual. Bias is "
    "the standard deviation of the groups' means."
)


@dataclass(frozen=True)
class Table:
    """title, what it shows, column headings, and rows of texts, the first a row's heading."""

    title: str
    about: str
    head: list[str]
    rows: list[list[str]]


@dataclass
class Run:
    """cases: what each is. bodies: what was measured of them. results: of other projects. refused: case -> why."""

    cases: dict[str, dict]
    bodies: dict[str, dict] = field(default_factory=dict)
    results: dict[str, dict[str, Figures]] = field(default_factory=dict)
    refused: dict[str, str] = field(default_factory=dict)

    def by_method(self, whose: str) -> dict[str, dict[str, Figures]]:
        """Method -> case -> figures; other projects' textures know no camera of ours."""
        found: dict[str, dict[str, Figures]] = {}
        for case, body in self.bodies.items():
            for method, figures in body["figures"].get(whose, {}).items():
                found.setdefault(method, {})[case] = figures
        return found | (self.results if whose == ESTIMATED else {})

    def groups(self) -> dict[str, dict[str, list[str]]]:
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


def yaw_band(yaw: float | None) -> str | None:
    if yaw is None:
        return None
    limits = (0, *YAWS, 60)
    at = int(np.searchsorted(YAWS, abs(yaw)))
    return f"{limits[at]} to {limits[at + 1]} degrees"


def values(row: Mapping[str, Figures], key: str, cases: Sequence[str]) -> np.ndarray:
    """(n,) of the cases; nan where there is none."""
    return np.array([row.get(case, {}).get(key, np.nan) for case in cases], float)


def gain(rows: Mapping[str, Mapping[str, Figures]], other: str, key: str, cases: Sequence[str]) -> tuple[float, float]:
    """By how much ours is better than another method, paired by case, with its standard error."""
    sign = 1 if COLUMNS[key][2] else -1
    return mean_error(sign * (values(rows[OURS], key, cases) - values(rows[other], key, cases)))


def nearest(
    rows: Mapping[str, Mapping[str, Figures]], key: str, cases: Sequence[str]
) -> tuple[str, tuple[float, float]]:
    """The method that is not ours which comes nearest to ours or is ahead most, and what ours gains over it."""
    others = [name for name in rows if not name.startswith(OURS)]
    gains = {name: gain(rows, name, key, cases) for name in others}
    gains = {name: value for name, value in gains.items() if np.isfinite(value[0])}
    return min(gains.items(), key=lambda one: one[1][0]) if gains else ("", (float("nan"), float("nan")))


def behind(run: Run, whose: str = ESTIMATED) -> list[str]:
    """A sentence for each column, over all cases and by tone and style, in which a baseline is ahead of ours."""
    rows, told = run.by_method(whose), []
    kinds = {kind: some for kind, some in run.groups().items() if kind in ("tone", "style")}
    groups = {"all cases": list(run.cases)} | {
        f"{kind} {value}": cases
        for kind, some in kinds.items()
        for value, cases in some.items()
        if len(cases) >= FEWEST
    }
    for group, cases in groups.items():
        for key in COLUMNS:
            name, (by, error) = nearest(rows, key, cases) if OURS in rows else ("", (float("nan"),) * 2)
            if by < 0:
                heading, digits, _ = COLUMNS[key]
                told.append(f"{group} ({len(cases)}): {name} is ahead by {cell((-by, error), digits)} in {heading}")
    return told


def main_table(run: Run, whose: str) -> Table:
    rows = run.by_method(whose)
    camera = "the camera is found by the job" if whose == ESTIMATED else "the camera is known"
    table = []
    for method, row in rows.items():
        cells = [cell(mean_error(values(row, key, list(row))), digits) for key, (_, digits, _) in COLUMNS.items()]
        seconds = mean_error(values(row, "seconds", list(row)))[0]
        table.append([method, str(len(row)), *cells, f"{seconds:.1f}" if np.isfinite(seconds) else "–"])
    return Table(
        f"Textures against known truth: {camera}",
        "Means over cases with standard errors. Seconds of one core, registration included.",
        ["method", "cases", *(heading for heading, _, _ in COLUMNS.values()), "seconds"],
        table,
    )


def margin_table(run: Run) -> Table:
    """Ours beside the best of the others, by kind."""
    rows, table = run.by_method(ESTIMATED), []
    groups = {"all cases": list(run.cases)} | {
        f"{kind}: {value}": cases
        for kind, some in run.groups().items()
        for value, cases in sorted(some.items())
        if len(cases) >= FEWEST
    }
    for group, cases in groups.items():
        best = [(COLUMNS[key][1], *nearest(rows, key, cases)) for key in MAIN]
        cells = [f"{cell(by, digits, '+')} ({name})" if name else "–" for digits, name, by in best]
        table.append([group, str(len(cases)), *cells])
    return Table(
        "What ours gains over the best of the others",
        "By kind of case, paired by case; below zero another method is ahead, and which one stands beside it.",
        ["cases", "number", *(COLUMNS[key][0] for key in MAIN)],
        table,
    )


def tone_table(run: Run) -> Table:
    """ITA and CIEDE2000 by the true skin's group."""
    rows, groups = run.by_method(ESTIMATED), run.groups().get("tone", {})
    table = []
    for method in [name for name in rows if name == OURS or name in BASELINES or name in run.results]:
        means = [mean_error(values(rows[method], "ita", cases))[0] for cases in groups.values()]
        row = [method, cell(mean_error(values(rows[method], "ita", list(rows[method]))), 1)]
        row += [cell(mean_error(values(rows[method], "ita_apart", list(rows[method]))), 1, "+")]
        row += [f"{np.nanstd(means):.1f}" if np.isfinite(means).sum() > 1 else "–"]
        for cases in groups.values():
            told = [mean_error(values(rows[method], key, cases))[0] for key in ("ita", "ciede2000")]
            row.append(" / ".join(f"{one:.1f}" if np.isfinite(one) else "–" for one in told))
        table.append(row)
    head = [f"{name} ({len(cases)}): ITA / CIEDE2000" for name, cases in groups.items()]
    return Table(
        "Skin's tone",
        "Error of the individual typology angle over the face's bare skin, in degrees. " + CAVEAT,
        ["method", "ITA error", "lighter (+) or darker", "bias", *head],
        table,
    )


def case_table(run: Run) -> Table:
    """Every case, the one worst for ours last."""
    rows, table = run.by_method(ESTIMATED), []
    known = run.by_method(KNOWN).get(OURS, {})
    ours = rows.get(OURS, {})
    for name in sorted(ours, key=lambda case: -ours[case]["unseen"]):
        other, by = nearest(rows, "unseen", [name])
        about, body = run.cases[name], run.bodies[name]
        error = body.get("error")
        table.append(
            [
                name,
                f"{about['yaw']:+.0f}" if "yaw" in about else "–",
                about.get("tone", ""),
                f"{error:.1f}" if error is not None else "–",
                *(f"{ours[name][key]:.1f}" for key in ("seen", "unseen")),
                f"{known[name]['unseen']:.1f}" if name in known else "–",
                f"{ours[name].get('ita', float('nan')):.0f}",
                f"{by[0]:+.1f} ({other})" if other else "–",
            ]
        )
    table += [[name, "refused", reason, *[""] * 6] for name, reason in run.refused.items()]
    return Table(
        "Errors by case",
        "Ours, the best case first. Landmarks: median error in percent of the face's height.",
        [
            "case", "yaw", "skin", "landmarks, %", "visible, dB", "hidden, dB", "hidden, camera known",
            "ITA error", "hidden, over the next",
        ],
        table,
    )  # fmt: skip


def all_tables(run: Run) -> list[Table]:
    tables = [main_table(run, ESTIMATED)]
    if run.by_method(KNOWN):
        tables.append(main_table(run, KNOWN))
    return [*tables, margin_table(run), *([tone_table(run)] if run.groups().get("tone") else []), case_table(run)]


def memory(run: Run) -> float:
    """MiB at most of a worker that has made ours and nothing else."""
    return max((body.get("memory", 0.0) for body in run.bodies.values()), default=0.0)
