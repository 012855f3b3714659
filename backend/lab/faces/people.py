"""Who is in a folder of observations: measured, weighed and split, one line a person in `people.csv`.

Nobody is labelled. Skin tone is measured; age has two stand-ins, how grey the hair is and how much relief the skin
has between four and sixteen texels; sex is not estimated. Both stand-ins are only as good as that: a bald head shows no
grey hair, and a soft photograph shows no wrinkles.
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
from ...imaging.bands import octaves
from ...imaging.files import write_bytes
from ...imaging.sample import LUMINANCE
from ...models.bundle import load_networks
from ..texhub.pigments import ita
from .observing import TEXELS, Seen, read
from .screen import SUSPECTS, read_suspects

PEOPLE = "people.csv"
SPLIT = Path(__file__).with_name("split.json")
#: Tones by ITA in degrees, lowest of each, and how many of each are held out. Portraits are exposed for the face, which
#: pales dark skin and darkens some pale skin: half of the 64 people of the darkest group by measure are so by look.
TONES, HELD_OUT = (("light", 30.0), ("medium", 12.0), ("dark", -90.0)), {"light": 22, "medium": 18, "dark": 20}
#: Texels that count: seen well, and without hair.
SURE, HAIRLESS = 0.5, 0.2
#: Waves per face height between which wrinkles lie (a face is 180 of 256 texels high).
WRINKLES = (11.0, 22.0, 44.0)
#: What a line takes from observing.About.
TAKEN = ("yaw", "pitch", "face_height", "score", "glasses", "hand")
#: Degrees of ITA and shares of the age rank within which people are alike; limits of a training weight.
ALIKE, AGED, WEIGHTS = 9.0, 0.15, (0.4, 4.0)


@dataclass(frozen=True)
class Person:
    """A line of people.csv.

    yaw, pitch: degrees. ita: degrees, of unlit cheeks and forehead; lit: the same as photographed. age: 0..1, rank of
    the mean rank of grey and wrinkles. grey: 0..1 of the hair seen, nan where too little is. wrinkles: deviation of the
    logarithm of luminance. beard: how much lighter than the cheeks jaw and upper lip are, CIELAB. weight: for training,
    1 on average, 0 of suspects (screen.py). face_height: portrait pixels. seen: share of the atlas.
    """

    id: str
    split: str
    tone: str
    ita: float
    lit: float
    age: float
    grey: float
    wrinkles: float
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
    regions = find_facial_regions(load_networks("cpu").geometry.numpy().transpose(1, 2, 0))
    measured = [measure(read(path), regions) for path, _ in found]
    age = ages([one["grey"] for one in measured], [one["wrinkles"] for one in measured])
    suspects = read_suspects(output / SUSPECTS)
    trusted = np.array([path.stem not in suspects for path, _ in found])
    weight = weights(np.array([one["ita"] for one in measured]), age) * trusted
    held_out = read_split(split)
    people = [
        Person(
            path.stem,
            "test" if path.stem in held_out else "train",
            tone_of(one["ita"]),
            **one,
            age=round(float(old), 3),
            weight=round(float(heavy), 3),
            **{name: about[name] for name in TAKEN},
        )
        for (path, about), one, old, heavy in zip(found, measured, age, weight, strict=True)
    ]
    write_people(output / PEOPLE, people)
    return people


def measure(seen: Seen, regions: FacialRegions) -> dict[str, float]:
    """ita, lit, grey, wrinkles, beard and seen (the share of the atlas) of one observation."""
    sure = (seen.confidence > SURE) & (seen.hair < HAIRLESS)
    patches = np.maximum(regions["cheeks"], regions["forehead"]) * (1 - regions["scalp"])
    bare = sure & (patches > 0.5)
    lab = cv2.cvtColor(seen.unlit, cv2.COLOR_RGB2LAB)
    nan = float("nan")
    tone = ita(np.median(seen.unlit[bare], axis=0)) if bare.any() else nan
    cheeks, jaw = sure & (regions["cheeks"] > 0.5), sure & (np.maximum(regions["beard"], regions["moustache"]) > 0.8)
    known = jaw.any() and cheeks.any()
    beard = float(np.median(lab[jaw, 0]) - np.median(lab[cheeks, 0])) if known else nan
    strands = (seen.confidence > 0.3) & (seen.hair > 0.6) & (regions["scalp"] > 0.5)
    if strands.sum() < 100:
        grey = nan
    else:  # fair hair is coloured, grey hair is not, dark hair is neither grey nor light
        lightness, chroma = np.median(lab[strands, 0]), np.median(np.linalg.norm(lab[strands, 1:], axis=1))
        grey = float(np.clip((16 - chroma) / 8, 0, 1) * np.clip((lightness - 25) / 20, 0, 1))
    lit = ita(np.median(seen.lit[bare], axis=0)) if bare.any() else nan
    values = {
        "ita": tone,
        "lit": lit,
        "grey": grey,
        "wrinkles": relief(seen, bare),
        "beard": beard,
        "seen": float(seen.confidence.mean()),
    }
    return {name: round(value, 4) for name, value in values.items()}


def relief(seen: Seen, bare: np.ndarray) -> float:
    """Standard deviation of the logarithm of luminance in the octaves of WRINKLES; nan where nothing is bare."""
    if not bare.any():
        return float("nan")
    mask = (seen.confidence > SURE).astype(np.float32)
    level = np.log(seen.unlit @ LUMINANCE + 0.02)[..., None]
    parts = octaves(level, mask, 0.7 * TEXELS, WRINKLES[:-1])
    return float(sum(part[bare].var() for part in parts) ** 0.5)


def ages(grey: Iterable[float], wrinkles: Iterable[float]) -> np.ndarray:
    """(N,) 0..1: rank of the mean of both ranks; what is not known counts as the middle."""
    return rank((rank(np.array(grey)) + rank(np.array(wrinkles))) / 2)


def rank(values: np.ndarray) -> np.ndarray:
    known, result = np.isfinite(values), np.full(len(values), 0.5)
    order = np.searchsorted(np.sort(values[known]), values[known], "left") + np.searchsorted(
        np.sort(values[known]), values[known], "right"
    )
    result[known] = order / (2 * max(1, known.sum()))
    return result


def weights(tone: np.ndarray, age: np.ndarray) -> np.ndarray:
    """(N,) training weights, 1 on average: the rarer people of that tone and age are, the more each counts."""
    tone = np.where(np.isfinite(tone), tone, np.nanmedian(tone))
    apart = ((tone[:, None] - tone) / ALIKE) ** 2 + ((age[:, None] - age) / AGED) ** 2
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
