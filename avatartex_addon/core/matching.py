"""Which portrait belongs to which head, by their names."""

import operator
import re
from collections.abc import Iterable, Sequence
from pathlib import Path

#: What the file dialogs and the rules take for a picture: what the backend decodes (backend/portrait/decode.py).
SUFFIXES = tuple(f".{name}" for name in "png jpg jpeg webp tif tiff bmp tga gif jp2 avif heic heif".split())

RULES = ("name", "folder", "order")


def find_pictures(folder: Path) -> list[Path]:
    """Every picture in the folder and below, in reading order ('2' before '10')."""
    found = [path for path in folder.rglob("*") if path.suffix.lower() in SUFFIXES and not path.name.startswith(".")]
    return sorted(found, key=lambda path: natural(str(path.relative_to(folder))))


def match(rule: str, names: Sequence[str], folder: Path) -> dict[str, Path]:
    """A portrait for each head that the rule finds one for, in the order of the names.

    Args:
        rule: 'name': the file is called as the head, or holds its name, or the head's name holds the file's
            ('Anna_Head' and 'anna.jpg'); 'folder': the same with the name of the folder that the file lies in;
            'order': the first head gets the first picture.
    """
    pictures = find_pictures(folder)
    if rule == "order":
        return dict(zip(names, pictures))
    if rule == "folder":
        labels = {path: path.parent.name if path.parent != folder else "" for path in pictures}
    else:
        labels = {path: path.stem for path in pictures}
    found: dict[str, Path] = {}
    for test in (operator.eq, operator.contains):
        assign(found, names, labels, test)
    taken = set(found.values())
    for path, label in labels.items():
        if path not in taken and (name := name_that_holds(label, [name for name in names if name not in found])):
            found[name] = path
            taken.add(path)
    return {name: found[name] for name in names if name in found}


def assign(found: dict[str, Path], names: Sequence[str], labels: dict[Path, str], test) -> None:
    """Each label goes to the longest name that passes, so that 'anna_2' is Anna's and not Ann's."""
    for path, label in labels.items():
        passing = [name for name in names if simple(name) and test(simple(label), simple(name))]
        if passing and (best := max(passing, key=lambda name: len(simple(name)))) not in found:
            found[best] = path


def name_that_holds(label: str, names: Iterable[str]) -> str:
    """The name that holds the label as whole words, a head's or a face's first; '' when none does."""
    wanted = words(label)
    passing = [name for name in names if wanted and holds(words(name), wanted)]
    ranks = {word: rank for rank, word in enumerate(("head", "face", "body"))}  # of several meshes of one character
    return min(passing, key=lambda name: min(ranks.get(word, 9) for word in words(name)), default="")


def holds(whole: list[str], part: list[str]) -> bool:
    return any(whole[start : start + len(part)] == part for start in range(len(whole) - len(part) + 1))


def simple(name: str) -> str:
    """Without case, spaces and punctuation."""
    return "".join(words(name))


def words(name: str) -> list[str]:
    return re.findall(r"[^\W_]+", name.casefold())


def natural(text: str) -> list[tuple[int, str]]:
    return [(int(part), "") if part.isdigit() else (0, part.casefold()) for part in re.split(r"(\d+)", text)]
