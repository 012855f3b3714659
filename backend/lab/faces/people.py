"""Who is in a folder of observations: measured, weighed and split, one line a person in `people.csv`.

Nobody is labelled. Skin tone is measured, age and sex are estimated by looks where a build was given the network for
it (age_sex.py). These lines stay in the build's folder: none goes into weights or the repository.
"""

from __future__ import annotations

import csv
import hashlib
import io
import json
from collections.abc import Iterable
from dataclasses import asdict, dataclass, fields
from pathlib import Path

import cv2
import numpy as np

from ...head.facial_regions import FacialRegions, find_facial_regions
from ...imaging.files import write_bytes
from ...models.bundle import load_networks
from ..texhub.pigments import ita
from . import age_sex
from .observing import Seen, read
from .screen import SUSPECTS, read_suspects

PEOPLE = "people.csv"
SPLIT = Path(__file__).with_name("split.json")
#: Tones by ITA in degrees, lowest of each, and how many of each are held out. Portraits are exposed for the face, which
#: pales dark skin and darkens some pale skin: half of the 64 people of the darkest group by measure are so by look.
TONES, HELD_OUT = (("light", 30.0), ("medium", 12.0), ("dark", -90.0)), {"light": 22, "medium": 18, "dark": 20}
#: Texels that count: seen well, and without hair.
SURE, HAIRLESS = 0.5, 0.2
#: What a line takes from observing.About.
TAKEN = ("yaw", "pitch", "face_height", "score", "glasses", "hand")
#: Degrees of ITA, years and share of male within which people are alike; limits of a training weight.
ALIKE, WEIGHTS = (9.0, 5.0, 0.25), (0.4, 4.0)


@dataclass(frozen=True)
class Person:
    """A line of people.csv.

    yaw, pitch: degrees. ita: degrees, of unlit cheeks and forehead; lit: the same as photographed. years: by looks, nan
    where not estimated. sex: 0..1, how surely the network says "male", nan likewise; an estimate by looks, which says
    nothing of who somebody is. beard: how much lighter than the cheeks jaw and upper lip are, CIELAB. weight: for
    training, 1 on average, 0 of suspects (screen.py). face_height: portrait pixels. seen: share of the atlas.
    """

    id: str
    split: str
    tone: str
    ita: float
    lit: float
    years: float
    sex: float
    beard: float
    weight: float
    yaw: float
    pitch: float
    face_height: float
    score: float
    glasses: bool
    hand: bool
    seen: float


def describe(output: Path, split: Path = SPLIT) -> list[Person]:
    """Measure every observation of a build and write `people.csv` beside them."""
    found = [
        (path, json.loads(path.with_suffix(".json").read_text()))
        for path in sorted(output.glob("*/*.npz"))
        if path.with_suffix(".json").is_file()
    ]
    regions = find_facial_regions(load_networks("cpu").geometry)
    measured = [measure(read(path), regions) for path, _ in found]
    estimated = age_sex.read_estimates(output / age_sex.LIST)
    looks = np.array([estimated.get(path.stem, (np.nan, np.nan)) for path, _ in found]).reshape(-1, 2)
    suspects = read_suspects(output / SUSPECTS)
    trusted = np.array([path.stem not in suspects for path, _ in found])
    weight = weights(np.array([one["ita"] for one in measured]), *looks.T) * trusted
    held_out = read_split(split)
    people = [
        Person(
            path.stem,
            "test" if path.stem in held_out else "train",
            tone_of(one["ita"]),
            **one,
            years=float(years),
            sex=float(male),
            weight=round(float(heavy), 3),
            **{name: about[name] for name in TAKEN},
        )
        for (path, about), one, (years, male), heavy in zip(found, measured, looks, weight, strict=True)
    ]
    write_people(output / PEOPLE, people)
    return people


def measure(seen: Seen, regions: FacialRegions) -> dict[str, float]:
    """ita, lit, beard and seen (the share of the atlas) of one observation."""
    sure = (seen.confidence > SURE) & (seen.hair < HAIRLESS)
    patches = np.maximum(regions["cheeks"], regions["forehead"]) * (1 - regions["scalp"])
    bare = sure & (patches > 0.5)
    lab = cv2.cvtColor(seen.unlit, cv2.COLOR_RGB2LAB)
    nan = float("nan")
    tone = ita(np.median(seen.unlit[bare], axis=0)) if bare.any() else nan
    cheeks, jaw = sure & (regions["cheeks"] > 0.5), sure & (np.maximum(regions["beard"], regions["moustache"]) > 0.8)
    known = jaw.any() and cheeks.any()
    beard = float(np.median(lab[jaw, 0]) - np.median(lab[cheeks, 0])) if known else nan
    lit = ita(np.median(seen.lit[bare], axis=0)) if bare.any() else nan
    values = {"ita": tone, "lit": lit, "beard": beard, "seen": float(seen.confidence.mean())}
    return {name: round(value, 4) for name, value in values.items()}


def weights(tone: np.ndarray, years: np.ndarray, sex: np.ndarray) -> np.ndarray:
    """(N,) training weights, 1 on average: the rarer people of that tone, age and sex are, the more each counts.

    What is not known of somebody, nan, counts as the median; what is known of nobody tells nobody apart.
    """
    apart = np.zeros((len(tone), len(tone)))
    for values, alike in zip((tone, years, sex), ALIKE, strict=True):
        known = np.isfinite(values)
        values = np.where(known, values, np.median(values[known]) if known.any() else 0.0)
        apart += ((values[:, None] - values) / alike) ** 2
    weight = 1 / np.exp(-apart / 2).sum(1)
    weight = np.clip(weight / np.median(weight), *WEIGHTS)
    return weight / weight.mean()


def tone_of(angle: float) -> str:
    return next((name for name, lowest in TONES if angle > lowest), TONES[-1][0])


def draw_split(people: Iterable[Person], counts: dict[str, int] | None = None) -> list[str]:
    """The ids to hold out: so many of each tone, those whose hash comes first, so that no order of files matters."""
    counts = counts or HELD_OUT
    order = sorted(people, key=lambda one: hashlib.sha256(one.id.encode()).hexdigest())
    return sorted(one.id for tone, count in counts.items() for one in [p for p in order if p.tone == tone][:count])


def read_split(path: Path = SPLIT) -> set[str]:
    """Ids that are held out; every other person may be trained on."""
    return set(json.loads(path.read_text(encoding="utf-8"))["test"]) if path.is_file() else set()


def write_people(path: Path, people: list[Person]) -> None:
    text = io.StringIO()
    writer = csv.DictWriter(text, [field.name for field in fields(Person)])
    writer.writeheader()
    writer.writerows(asdict(one) for one in people)
    write_bytes(path, text.getvalue().encode())


def read_people(path: Path) -> list[Person]:
    """What write_people() wrote.

    Raises:
        FileNotFoundError: where no build has been.
    """
    kinds = {"id": str, "split": str, "tone": str, "glasses": "True".__eq__, "hand": "True".__eq__}
    with path.open(encoding="utf-8", newline="") as file:
        return [
            Person(**{key: kinds.get(key, float)(value) for key, value in line.items()})
            for line in csv.DictReader(file)
        ]
