"""What a run says: tables of means over faces with their standard errors."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

import numpy as np

from ..evaluation.metrics import cell
from .measure import ESTIMATED, KNOWN
from .methods import BASELINES, OURS
from .runs import Run
from .scores import COLUMNS, PART_COLUMNS

#: What is compared by kind.
MAIN = ("seen", "unseen", "seen_aligned", "unseen_aligned", "ita", "ciede2000")
OVER_FACES = "Means over faces with standard errors, for several portraits show one face."
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


def method_table(run: Run, title: str, about: str, columns: Iterable[str], whose: str = ESTIMATED) -> Table:
    """Means of each method. columns: keys of the run's."""
    keys, rows = [*columns], []
    for method, row in run.by_method(whose).items():
        cells = [cell(run.mean(row, key, [*row]), run.columns[key][1]) for key in keys]
        rows.append([method, run.count([*row]), *cells])
    return Table(title, about, ["method", "cases of faces", *(run.columns[key][0] for key in keys)], rows)


def main_table(run: Run, whose: str) -> Table:
    camera = "the camera is found by the job" if whose == ESTIMATED else "the camera is known"
    title, about = (
        f"Textures against known truth: {camera}",
        f"{OVER_FACES} Seconds of one core, registration included.",
    )
    table, rows = method_table(run, title, about, COLUMNS, whose), run.by_method(whose)
    table.head.append("seconds")
    for line in table.rows:
        seconds = run.mean(rows[line[0]], "seconds", [*rows[line[0]]])[0]
        line.append(f"{seconds:.1f}" if np.isfinite(seconds) else "–")
    return table


def part_table(run: Run) -> Table:
    about = f"PSNR in dB, visible and hidden texels together. {OVER_FACES} The rest are temples, jaws and napes."
    return method_table(run, "Parts of the head", about, PART_COLUMNS)


def margin_table(run: Run, columns: Iterable[str] = MAIN) -> Table:
    """Ours beside the best of the others, by kind."""
    rows, table, keys = run.by_method(), [], [*columns]
    for group, cases in run.groups().items():
        best = [(run.columns[key][1], *run.nearest(rows, key, cases)) for key in keys]
        cells = [f"{cell(by, digits, '+')} ({name})" if name else "–" for digits, name, by in best]
        table.append([group, run.count(cases), *cells])
    return Table(
        "What ours gains over the best of the others",
        "By kind of case, paired by case, with standard errors over faces; below zero another method is ahead, and "
        "which one stands beside it.",
        ["kind", "cases of faces", *(run.columns[key][0] for key in keys)],
        table,
    )


def tone_table(run: Run) -> Table:
    """ITA and CIEDE2000 by the true skin's group."""
    rows, groups = run.by_method(), run.kinds().get("tone", {})
    table = []
    for method in [name for name in rows if name == OURS or name in BASELINES or name in run.results]:
        row = rows[method]
        means = [run.mean(row, "ita", cases)[0] for cases in groups.values()]
        line = [method, cell(run.mean(row, "ita", [*row]), 1), cell(run.mean(row, "ita_apart", [*row]), 1, "+")]
        line += [f"{np.nanstd(means):.1f}" if np.isfinite(means).sum() > 1 else "–"]
        for cases in groups.values():
            told = [run.mean(row, key, cases)[0] for key in ("ita", "ciede2000")]
            line.append(" / ".join(f"{one:.1f}" if np.isfinite(one) else "–" for one in told))
        table.append(line)
    head = [f"{name} ({run.count(cases)}): ITA / CIEDE2000" for name, cases in groups.items()]
    return Table(
        "Skin's tone",
        "Error of the individual typology angle over the face's bare skin, in degrees. " + CAVEAT,
        ["method", "ITA error", "lighter (+) or darker", "bias", *head],
        table,
    )


def case_table(run: Run) -> Table:
    """Every case, the one worst for ours last."""
    rows, table = run.by_method(), []
    known = run.by_method(KNOWN).get(OURS, {})
    ours = rows.get(OURS, {})
    for name in sorted(ours, key=lambda case: -ours[case]["unseen"]):
        other, by = run.nearest(rows, "unseen", [name])
        about, body = run.cases[name], run.bodies[name]
        error = body.get("error")
        table.append(
            [
                name,
                run.face_of(name),
                f"{about['yaw']:+.0f}" if "yaw" in about else "–",
                about.get("tone", ""),
                f"{error:.1f}" if error is not None else "–",
                *(f"{ours[name][key]:.1f}" for key in ("seen", "unseen")),
                f"{known[name]['unseen']:.1f}" if name in known else "–",
                f"{ours[name].get('ita', float('nan')):.0f}",
                f"{by[0]:+.1f} ({other})" if other else "–",
            ]
        )
    table += [[name, run.face_of(name), "refused", reason, *[""] * 6] for name, reason in run.refused.items()]
    return Table(
        "Errors by case",
        "Ours, the best case first. Landmarks: median error in percent of the face's height.",
        [
            "case", "face", "yaw", "skin", "landmarks, %", "visible, dB", "hidden, dB", "hidden, camera known",
            "ITA error", "hidden, over the next",
        ],
        table,
    )  # fmt: skip


def face_table(run: Run) -> Table:
    """Ours by face, the worst last."""
    rows = run.by_method()
    ours, table = rows.get(OURS, {}), []
    by_face: dict[str, list[str]] = {}
    for case in ours:
        by_face.setdefault(run.face_of(case), []).append(case)
    for face in sorted(by_face, key=lambda one: -run.mean(ours, "unseen", by_face[one])[0]):
        cases = by_face[face]
        other, by = run.nearest(rows, "unseen", cases)
        cells = [f"{run.mean(ours, key, cases)[0]:.{run.columns[key][1]}f}" for key in MAIN]
        table.append([face, str(len(cases)), *cells, f"{by[0]:+.1f} ({other})" if other else "–"])
    head = ["face", "cases", *(run.columns[key][0] for key in MAIN), "hidden, over the next"]
    return Table("Errors by face", "Ours, the best face first: means over its portraits.", head, table)


def all_tables(run: Run) -> list[Table]:
    tables, told = (
        [main_table(run, ESTIMATED)],
        {key for row in run.by_method().values() for one in row.values() for key in one},
    )
    if run.by_method(KNOWN):
        tables.append(main_table(run, KNOWN))
    tables.append(margin_table(run))
    if told & {*PART_COLUMNS}:
        tables.append(part_table(run))
    if run.kinds().get("tone"):
        tables.append(tone_table(run))
    return [*tables, face_table(run), case_table(run)]
