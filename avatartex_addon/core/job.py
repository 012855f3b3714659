"""One job as plain data: what is asked for, its files, and what its report says in one line."""

import json
from dataclasses import dataclass, fields, replace
from pathlib import Path

from ..backend.errors import ErrorCode
from ..backend.messages import GOOD_SCORE, LOW_SCORE
from ..backend.options import (
    FORMAT,
    HEAD_GROUP,
    PLACE,
    SCALE,
    SEED,
    SHARING,
    STRENGTH,
    UV_MAP,
    Settings,
    refuse_unknown,
)
from ..backend.pins import Pin

#: Of the file with a texture's layers, which lies beside it under its name.
LAYERS_SUFFIX = ".layers"


@dataclass(frozen=True)
class HeadJob(Settings):
    """One texture for one head. A click, a row of the batch and a script that ask for the same get the same.

    Raises:
        AvatarTexError: BAD_REQUEST, an option has a value that it cannot have.
    """

    object_name: str
    portrait: str  # absolute path
    seed: int = SEED.default
    uv_map: str = UV_MAP.default
    sharing: str = SHARING.default
    head_group: str = HEAD_GROUP.default
    selected_faces: bool = False  # the faces selected in Edit Mode are head
    least_score: float = 0.0  # refuse a registration that scores less
    regions: str = ""  # file: red is made anew, green stays; empty: what is painted on the head
    redo: bool = False  # only what is painted red; without, only what is painted green counts
    trust_portrait: bool = False  # red may come from the portrait again
    further: tuple[str, ...] = ()  # absolute paths of other pictures of the same person
    pins: tuple[Pin, ...] = ()  # beside the head's own; they win over them

    def __post_init__(self) -> None:
        refuse_unknown(vars(self))

    def without_shell(self) -> "HeadJob":
        """For what is made of the texture alone."""
        return replace(self, hair="bare") if self.shelled else self

    def settings(self) -> dict:
        """What every texture is made with, as the messages have it."""
        return {field.name: getattr(self, field.name) for field in fields(Settings)}


@dataclass(frozen=True)
class VariantJob:
    """A set of stylised variants of one head, one for each of styles and seeds; the head's own seed does not count.

    Raises:
        AvatarTexError: BAD_REQUEST, an option has a value that it cannot have, no style or no seed.
    """

    head: HeadJob
    styles: tuple[str, ...]
    seeds: tuple[int, ...]
    strength: int = STRENGTH.default
    scale: int = SCALE.default
    format: str = FORMAT.default
    place: str = PLACE.default

    def __post_init__(self) -> None:
        refuse_unknown(vars(self))
        if not self.styles:
            raise ErrorCode.BAD_REQUEST("No style is chosen.", "Choose one or more styles.")
        if not self.seeds:
            raise ErrorCode.BAD_REQUEST("No seed is given.", "Write seeds as 0,1,2 or as 0-3.")


class JobFiles:
    """A folder of its own per job, below Blender's temporary folder: it lasts until Blender ends."""

    def __init__(self, parent: Path, job: str) -> None:
        self.folder = folder = parent / "avatartex" / job
        folder.mkdir(parents=True, exist_ok=True)
        self.capture, self.regions = folder / "head.npz", folder / "base_regions.bmp"
        self.base, self.base_provenance = folder / "base", folder / "base_provenance"  # pictures keep their formats
        self.texture, self.provenance = folder / "texture.png", folder / "provenance.png"
        self.layers = self.texture.with_suffix(LAYERS_SUFFIX)
        self.report, self.curves = folder / "report.json", folder / "curves.npz"
        self.previews, self.variants = folder / "previews", folder / "variants"  # folders, as the next
        self.expressions = folder / "expressions"

    def drop_inputs(self) -> None:
        """Once the backend has answered, only its results are of use."""
        for path in (self.capture, *self.folder.glob(f"{self.base.name}*")):
            path.unlink(missing_ok=True)


def summarize(report_path: Path) -> str:
    """'12.3 s · registration good · 87% of the face is the person's own'; whatever is missing is left out."""
    report, parts = read_report(report_path), []
    if isinstance(seconds := _find(report, "seconds", "total"), (int, float)):
        parts.append(f"{seconds:.1f} s")
    if isinstance(score := _find(report, "registration", "score"), (int, float)):
        parts.append(f"registration {name_score(score).lower()}")
    if isinstance(share := _find(report, "registration", "coverage"), (int, float)):
        parts.append(f"{share:.0%} of the face is the person's own")
    return " · ".join(parts)


def name_score(score: float) -> str:
    """A registration's score, 0 to 1, in a word."""
    words = ("Doubtful", "Fair", "Good")
    return words[(score >= LOW_SCORE) + (score > GOOD_SCORE)]


def round_shares(shares: tuple[float, ...]) -> list[int]:
    """Percents that sum up to 100, where the shares sum up to 1 about: what is left goes to the largest remainders."""
    total = sum(shares)
    if total <= 0:
        return [0] * len(shares)
    exact = [100 * share / total for share in shares]
    percents = [int(percent) for percent in exact]
    order = sorted(range(len(shares)), key=lambda index: percents[index] - exact[index])
    for index in order[: 100 - sum(percents)]:
        percents[index] += 1
    return percents


def read_shares(report_path: Path) -> tuple[float, float, float]:
    """Shares of the head's texels from photo, other side and networks; 0 for what is missing."""
    report = read_report(report_path)
    shares = (_find(report, "texels", name) for name in ("photo", "mirrored", "generated"))
    return tuple(share if isinstance(share, (int, float)) else 0.0 for share in shares)


def describe_further(report_path: Path) -> tuple[str, ...]:
    """What each further portrait that was used added, a sentence for each."""
    further = read_report(report_path).get("further")
    used = [one for one in further if isinstance(one, dict) and one.get("used")] if isinstance(further, list) else []
    return tuple(f"{one.get('portrait')!r} gave {one.get('texels') or 0:.1%} of the head's texels." for one in used)


def read_hair(report_path: Path) -> tuple[float, ...]:
    """sRGB of the hair that the portrait shows; empty where the report has none."""
    hair = _find(read_report(report_path), "hair")
    numbers = isinstance(hair, list) and len(hair) == 3 and all(isinstance(part, int | float) for part in hair)
    return tuple(hair) if numbers else ()


def read_report(path: Path) -> dict:
    """{} where it cannot be read."""
    try:
        return json.loads(path.read_text(encoding="utf-8"))
    except (OSError, ValueError):
        return {}


def _find(report: dict, *names: str):
    for name in names:
        report = report.get(name) if isinstance(report, dict) else None
    return report
