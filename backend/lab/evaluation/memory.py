"""python -m backend.lab evaluate memory: do completions or samples show a person of the training set?

Faces drawn on a head and embedded by SFace, against the portraits of everybody that was trained on: the highest cosine.
Three kinds: completions of held-out people half of whose face is hidden; samples of the generator, where networks have
one; and, to know what a memory would look like, the skins of training people themselves. Beside them the held-out
portraits, which nobody can have memorised.
"""

from __future__ import annotations

from pathlib import Path

import cv2
import numpy as np
import torch

from ...head.atlas import fit_canonical, to_atlas
from ...head.match import find_head_or_pins
from ...head.mesh import load_mesh, vertex_normals
from ...head.view import render_view
from ...imaging.sample import sample_atlas
from ...models.bundle import Networks
from ...portrait.decode import decode_portrait
from ..faces.observing import Seen
from ..look import pictures
from ..networks.generator import GIVEN_ROWS, canvas_of
from ..training.mapping_network import Mapping, load_mapping
from .embedding import SAME, embed
from .hidden import cell, networks_by_name, observed
from .hidden_methods import staged
from .hidden_parts import hide, part
from .metrics import mean_error, table
from .options import bare_parser, write

#: Pixels of a render.
PIXELS = 512


class Bust:
    """A head that shows atlases from the front."""

    def __init__(self, path: Path) -> None:
        mesh = load_mesh(path)
        head = find_head_or_pins(mesh, ())
        canonical = fit_canonical(head)(mesh.vertices.astype(np.float64)).astype(np.float32)
        self.view = render_view(mesh, head.rotation, PIXELS, normals=vertex_normals(mesh))
        self.places = to_atlas(self.view.fragments.interpolate(mesh.corners(canonical)))

    def show(self, atlas: np.ndarray) -> np.ndarray:
        """(PIXELS,PIXELS,3) float32 sRGB, softly lit."""
        covered = self.view.fragments.covered[..., None]
        lit = sample_atlas(atlas.astype(np.float32), self.places) * (0.6 + 0.4 * self.view.grey)
        return np.where(covered, lit, 0.55).astype(np.float32)


def embeddings(paths: list[Path]) -> dict[str, np.ndarray]:
    """Of each portrait in which a face is found."""
    found = {path.stem: embed(decode_portrait(str(path)).color) for path in paths}
    return {name: one for name, one in found.items() if one is not None}


def nearest(one: np.ndarray | None, trained: np.ndarray) -> float:
    """The highest cosine of (128,) to (N,128); nan where no face was found."""
    return float((trained @ one).max()) if one is not None else float("nan")


@torch.no_grad()
def samples(networks: Networks, count: int, seed: int) -> list[np.ndarray]:
    """(S,S,3) skins that the generator draws."""
    z = torch.randn(count, Mapping.Z, generator=torch.Generator().manual_seed(seed))
    style = networks.style("photo").repeat(count)
    w_plus = load_mapping()(z, torch.from_numpy(style))
    given = (one.numpy() for one in (canvas_of(networks.canvas, w_plus), w_plus[:, GIVEN_ROWS:]))
    [made] = networks.generator(*given, networks.styles[style])
    return list(made.clip(0, 1).transpose(0, 2, 3, 1))


def completions(seen: list[tuple[str, Seen]], networks: Networks) -> list[np.ndarray]:
    """(S,S,3) of each observation with half of the face hidden."""
    positions, run = networks.geometry, staged("123")
    cases = [hide(one, part("half", person, one.confidence), positions, networks.skin) for person, one in seen]
    return [run(case.evidence, networks, 0) for case in cases]


def own_skins(seen: list[tuple[str, Seen]], networks: Networks) -> list[np.ndarray]:
    """(S,S,3) of each observation with nothing hidden."""
    positions, run = networks.geometry, staged("123")
    nothing = np.zeros(seen[0][1].confidence.shape, bool)
    return [run(hide(one, nothing, positions, networks.skin).evidence, networks, 0) for _, one in seen]


def main(argv: list[str] | None = None) -> int:
    parser = bare_parser("memory", __doc__)
    parser.add_argument("--portraits", type=Path, required=True, metavar="DIR", help="of everybody, by id")
    parser.add_argument("--observations", type=Path, required=True, metavar="DIR", help="of them (faces build)")
    parser.add_argument("--mesh", type=Path, required=True, metavar="OBJ", help="the head that wears the skins")
    parser.add_argument("--weights", type=Path, nargs="*", default=[], metavar="DIR", help="beside the bundled ones")
    parser.add_argument("--count", type=int, default=30, help="of each kind (default 30)")
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--output", type=Path, metavar="JSON", help="also write all values here")
    arguments = parser.parse_args(argv)
    cv2.setNumThreads(1)
    bust, known = Bust(arguments.mesh), embeddings(pictures([arguments.portraits]))
    test, train = (list(observed(arguments.observations, side, arguments.count)) for side in ("test", "train"))
    held_out = {person for person, _ in observed(arguments.observations, "test")}
    trained = np.array([one for name, one in known.items() if name not in held_out])
    found = {"held-out portraits": [nearest(one, trained) for name, one in known.items() if name in held_out]}
    for name, networks in networks_by_name(arguments.weights).items():
        kinds = {
            "completions of held-out people": completions(test, networks),
            "samples": samples(networks, arguments.count, arguments.seed),
            "training people's own skins": own_skins(train, networks),
        }
        for kind, skins in kinds.items():
            found[f"{name}: {kind}" if name else kind] = [nearest(embed(bust.show(skin)), trained) for skin in skins]
    rows = [
        [kind, cell(mean_error(some)), f"{np.nanmax(some):.2f}", f"{np.mean(np.array(some) > SAME):.0%}"]
        for kind, some in found.items()
    ]
    print(table(["faces", "highest cosine to a training portrait", "the highest of all", f"over {SAME}"], rows))
    write(arguments.output, found)
    return 0
