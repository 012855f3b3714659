"""python -m backend faces: the faces of a picture as JSON, so that one can be chosen before the job."""

import argparse
import json
from collections.abc import Callable

from ..command_line import run
from ..imaging.files import encode_preview, write_bytes
from ..outputs import refuse_outputs
from ..pins import NAMES, Pin
from .faces import find_faces, read_portrait
from .landmarks import FaceLandmarks


def main(argv: list[str]) -> int:
    arguments = build_parser().parse_args(argv)

    def work(show: Callable[[str, float], None]) -> None:
        refuse_outputs([arguments.portrait], [arguments.picture])
        portrait = read_portrait(arguments.portrait)
        if arguments.picture:
            write_bytes(arguments.picture, encode_preview(portrait.color, 256))
        height, width = portrait.color.shape[:2]
        answer = {"width": width, "height": height, "faces": [describe(face) for face in find_faces(portrait.color)]}
        print(json.dumps(answer))

    return run(work)


def describe(face: FaceLandmarks) -> dict:
    """box: x0, y0, x1, y1 in pixels of the upright picture; points: the named ones, as pins."""
    points = [Pin(name, tuple(face.points[index, :2])).as_json() for name, (index, _) in NAMES.items()]
    return {"box": [round(float(value), 1) for value in face.box], "points": points}


def build_parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        prog="python -m backend faces",
        description="List the faces of a picture as JSON: box and named points, the largest first, which is used "
        "unless a pin lies on another.",
    )
    parser.add_argument("--portrait", required=True, metavar="FILE", help="photograph, painting or drawing of a face")
    parser.add_argument("--picture", default="", metavar="FILE", help="the upright picture, small (BMP)")
    return parser
