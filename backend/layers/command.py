"""python -m backend layers: a texture's layers as a file for paint programs."""

import argparse
from collections.abc import Callable

from ..command_line import make_parser, print_results, run
from ..errors import ErrorCode
from ..messages import SaveLayers
from ..outputs import UDIM
from .flatten import OPACITIES

EXAMPLE = f"""\
Example: python -m backend layers texture.layers --output texture.psd --opacity light=1 --opacity hair=0

FILE is what generate wrote with --layers texture.layers. Of a head in several UDIM tiles, name the file of each tile;
{UDIM} in the output's name stands for its number. Opacities go from 0 to 1, those of folds, detail and light to 2.
Where none is given, it is the texture's own. Layers: {", ".join(OPACITIES)}.
"""


def main(argv: list[str]) -> int:
    arguments = build_parser().parse_args(argv)

    def work(show: Callable[[str, float], None]) -> None:
        from .save import save_layers

        opacities = dict(read_opacity(text) for text in arguments.opacity)
        saved = save_layers(SaveLayers("cli", arguments.source, arguments.output, opacities), show)
        print_results([saved.output], saved.tiles)

    return run(work)


def read_opacity(text: str) -> tuple[str, float]:
    """NAME=VALUE.

    Raises:
        AvatarTexError: BAD_REQUEST.
    """
    name, _, value = text.partition("=")
    try:
        return name, float(value)
    except ValueError:
        raise ErrorCode.BAD_REQUEST(
            f"{text[:80]!r} is no opacity.", "Write --opacity NAME=VALUE, as light=0.5."
        ) from None


def build_parser() -> argparse.ArgumentParser:
    about = "Save a texture's layers as OpenRaster or PSD, for Krita, GIMP, Photoshop and others."
    parser = make_parser("layers", about, EXAMPLE)
    parser.add_argument(
        "source", nargs="+", metavar="FILE", help="the .layers file, of each tile where there are several"
    )
    parser.add_argument("--output", required=True, metavar="FILE", help="the file to write, .ora or .psd")
    parser.add_argument(
        "--opacity", action="append", default=[], metavar="NAME=VALUE", help="a layer's opacity; repeat it"
    )
    return parser
