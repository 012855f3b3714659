"""Which shape keys are expressions, by their names: ARKit's, ICT-FaceKit's, and words of MakeHuman's kind.

Both sides ask: the add-on which keys to capture, the backend which of them share a channel. Standard library only.
"""

import re
from collections.abc import Iterable
from functools import cache

#: ARKit's blend shapes without their sides; ICT-FaceKit has the same words. Where eyes look moves next to no skin.
STEMS = (
    *("browDown", "browInnerUp", "browOuterUp", "cheekPuff", "cheekSquint", "eyeBlink", "eyeSquint", "eyeWide"),
    *("jawForward", "jawLeft", "jawOpen", "jawRight", "mouthClose", "mouthDimple", "mouthFrown", "mouthFunnel"),
    *("mouthLeft", "mouthLowerDown", "mouthPress", "mouthPucker", "mouthRight", "mouthRollLower", "mouthRollUpper"),
    *("mouthShrugLower", "mouthShrugUpper", "mouthSmile", "mouthStretch", "mouthUpperUp", "noseSneer"),
)
#: MakeHuman's expression units, and plain words, by the stem that moves the same skin.
OTHERS = {
    "eyebrows down": "browDown",
    "eyebrows inner up": "browInnerUp",
    "eyebrows extern up": "browOuterUp",
    "eyebrows up": "browOuterUp",
    "eye closure": "eyeBlink",
    "eye slit": "eyeSquint",
    "eye opened up": "eyeWide",
    "mouth open": "jawOpen",
    "mouth corner puller": "mouthSmile",
    "mouth depression": "mouthFrown",
    "mouth elevation": "mouthUpperUp",
    "mouth compression": "mouthPress",
    "mouth pursing": "mouthPucker",
    "mouth retraction": "mouthStretch",
    "nose elevation": "noseSneer",
    "brow raise": "browInnerUp",
    "frown": "browDown",
    "blink": "eyeBlink",
    "squint": "eyeSquint",
    "smile": "mouthSmile",
    "sneer": "noseSneer",
    "pucker": "mouthPucker",
    "dimple": "mouthDimple",
}
#: Words that say a side.
SIDES = {"left": "left", "l": "left", "right": "right", "r": "right"}


def _words(name: str) -> list[str]:
    """'browDown_L' and 'browDownL' are brow, down, l."""
    return re.findall(r"[a-z0-9]+", re.sub(r"(?<=[a-z0-9])(?=[A-Z])", " ", name).lower())


_STEMS = {"".join(_words(stem)): stem for stem in STEMS} | {
    "".join(_words(name)): stem for name, stem in OTHERS.items()
}


@cache  # the panel asks at every redraw
def split_name(name: str) -> tuple[str, str]:
    """The stem of STEMS, '' for a name that is none, and the side that it says: 'left', 'right' or ''.

    'mouthLeft' is a stem, a mouth drawn to the left; 'mouthSmileLeft' is a side of one.
    """
    words = _words(name)
    if stem := _STEMS.get("".join(words)):
        return stem, ""
    sides = [number for number, word in enumerate(words) if word in SIDES]
    if not sides:
        return "", ""
    side = sides[-1]
    return _STEMS.get("".join(words[:side] + words[side + 1 :]), ""), SIDES[words[side]]


def find_channels(names: Iterable[str], all_of_them: bool = False) -> dict[str, list[str]]:
    """The keys of each stem, in the order of STEMS: what one channel of the maps is driven by.

    Args:
        all_of_them: a name that is no expression's is a channel of its own.
    """
    found: dict[str, list[str]] = {}
    for name in names:
        if (stem := split_name(name)[0]) or all_of_them:
            found.setdefault(stem or name, []).append(name)
    order = {stem: number for number, stem in enumerate(STEMS)}
    return dict(sorted(found.items(), key=lambda entry: order.get(entry[0], len(order))))
