"""python -m backend.lab evaluate studio: light taken out of portraits whose skin is known, with shadows, highlights and
coloured lamps.

Held-out skins on heads that taught nothing are rendered under the lights of studio_portraits.py, each person under two,
and go through a job's own observation: detection, registration (found, or given with --given), parse, light. What is
left is compared with the true skin in the atlas, over texels that lost light to a shadow, that shine, and that neither
befell: as photographed, with smooth light divided out, and with studio light. Each is brought to the truth's exposure
first, by one number over the texels that nothing befell; how far the tone is off without that is the ITA's column.
"""

from __future__ import annotations

import argparse
import json
import tempfile
from collections.abc import Iterable
from dataclasses import dataclass, replace
from pathlib import Path
from types import SimpleNamespace

import cv2
import numpy as np

from ...errors import AvatarTexError
from ...head.atlas import LOOKED_UP, map_atlas
from ...head.camera import Camera
from ...head.landmarks import find_head_landmarks
from ...head.match import Match, match
from ...head.mesh import load_mesh
from ...head.scalp import scalp_share
from ...head.visibility import depth_view
from ...imaging.files import write_picture
from ...imaging.sample import sample, to_linear, to_srgb
from ...models.bundle import load_networks
from ...networks.sizes import TEXELS
from ...observation.covering import join_evidence
from ...observation.look import Look
from ...observation.relight import relighting, relit, rooted
from ...observation.views import find_coverings
from ...portrait.decode import decode_portrait
from ..prepared import complete
from ..texhub.pigments import ita
from ..texhub.skins import clothes
from ..untrained import untrained
from .cases import SPLIT
from .metrics import psnr
from .studio_portraits import SETTINGS, StudioPortrait, render_studio
from .truth import TruthPortrait

HEADS = {"makehuman": ("asian_female_old", "african_male_old"), "valid": ("white_f_1",)}
#: Pairs of lights that the people take in turn, and yaws and pitches.
PAIRS = (
    ("nose", "coloured"),
    ("brim", "gloss"),
    ("fringe", "side"),
    ("gloss", "nose"),
    ("soft", "fringe"),
    ("side", "brim"),
)
POSES = ((0, 0), (14, 4), (-18, -3), (8, -6), (-10, 5))
#: Shares of light lost and gained from which a texel is in shadow and shines, up to which neither; least confidence;
#: texels of a kind that a portrait must have to count.
SHADED, SHINES, PLAIN, SEEN, ENOUGH = 0.25, 0.06, (0.06, 0.12), 0.3, 100
KINDS, METHODS = ("shaded", "shines", "plain"), ("photographed", "smooth", "studio")


@dataclass(frozen=True)
class Result:
    """Of one portrait. pictures: by method, (S,S,3) sRGB unlit. truth: (S,S,3). masks: by kind (S,S) bool. sure: (S,S)
    0..1, how far studio light believes itself. unseen: by method, dB of what was completed of its picture."""

    setting: str
    pictures: dict[str, np.ndarray]
    truth: np.ndarray
    masks: dict[str, np.ndarray]
    sure: np.ndarray
    unseen: dict[str, float]

    def levelled(self, method: str) -> np.ndarray:
        """(S,S,3) in the truth's exposure."""
        plain = self.masks["plain"] if self.masks["plain"].sum() > 500 else self.seen
        means = [to_linear(one)[plain].mean(1) for one in (self.truth, self.pictures[method])]
        gain = np.exp(np.median(np.log((means[0] + 1e-3) / (means[1] + 1e-3))))
        return to_srgb(np.clip(to_linear(self.pictures[method]) * gain, 0, 1))

    @property
    def seen(self) -> np.ndarray:
        return self.masks["all"]


def observed(
    person: SimpleNamespace, rendered: StudioPortrait, texture: np.ndarray, setting: str, networks, options
) -> Result:
    """A portrait through a job's observation.

    Args:
        person: of people(). options: given, completed: as main() has them.

    Raises:
        AvatarTexError: where a job refuses it.
    """
    with tempfile.TemporaryDirectory() as folder:
        write_picture(Path(folder) / "portrait.png", rendered.portrait.color)
        portrait = decode_portrait(Path(folder) / "portrait.png")
    found = match(load_mesh(person.head), portrait)
    if options.given:
        found = replace(found, registration=known_registration(found, rendered.portrait))
    layout = map_atlas(found.mesh, found.canonical, LOOKED_UP)
    fragments = layout.fragments
    canonical = fragments.interpolate(found.mesh.corners(layout.canonical.astype(np.float32)))
    looks = (Look(layout, canonical, networks.skin, studio, False) for studio in (None, networks.studio))
    views = [look.at(found, portrait.color) for look in looks]
    smooth, even = (view.observation for view in views)
    scalp = scalp_share(canonical)
    uv = fragments.interpolate(found.mesh.corner_uvs)
    truth = sample(texture, np.stack([uv[..., 0], 1 - uv[..., 1]], -1) * len(texture))
    places = rendered.portrait.project(
        fragments.interpolate(found.mesh.corners(found.mesh.vertices)).astype(np.float64)
    )[0]
    cast, gloss = (sample(one, places.astype(np.float32)) for one in (rendered.cast, rendered.gloss))
    v, u = (np.mgrid[:LOOKED_UP, :LOOKED_UP] + 0.5) / LOOKED_UP
    seen = (smooth.confidence / smooth.light.trust(smooth.shade) > SEEN) & (scalp < 0.5) & ~clothes(person.kind, u, v)
    shines = gloss / (to_linear(truth).mean(2) + 0.02)
    masks = {
        "shaded": seen & (cast > SHADED),
        "shines": seen & (gloss > SHINES) & (cast < SHADED),
        "plain": seen & (cast < PLAIN[0]) & (shines < PLAIN[1]),
        "all": seen,
    }
    colour = sample(portrait.color, smooth.places)
    sure = even.confidence / np.maximum(smooth.confidence, 1e-4)
    pictures, unseen = dict(zip(METHODS, (colour, smooth.unlit, even.unlit), strict=True)), {}
    if options.completed:
        hidden = shrunk(fragments.covered & (smooth.confidence == 0) & (scalp == 0) & ~clothes(person.kind, u, v))
        for name, view in zip(METHODS[1:], views, strict=True):
            coverings = find_coverings([view], canonical)
            evidence = join_evidence(view.observation, coverings)
            generated = complete(SimpleNamespace(evidence=evidence, style="photo", views=(view,)), networks)
            unseen[name] = psnr(generated, shrunk(truth), hidden > 0.99)
            pictures[f"{name}, job"] = relit(colour, rooted(relighting(view.observation, generated)))
    return Result(setting, pictures, truth, masks, sure, unseen)


def shrunk(picture: np.ndarray) -> np.ndarray:
    return cv2.resize(picture.astype(np.float32), (TEXELS, TEXELS), interpolation=cv2.INTER_AREA)


def known_registration(found: Match, portrait: TruthPortrait):
    """The registration with the true camera, and nothing bent."""
    mesh = found.mesh
    camera = Camera(portrait.focal, np.full(2, portrait.size / 2), portrait.rotation, portrait.translation)
    pixels, depth = camera.project(mesh.vertices.astype(np.float64))
    view = depth_view(mesh.corners(pixels), mesh.corners(depth), (portrait.size,) * 2, 1.6 * found.head.height)
    return replace(found.registration, camera=camera, warp=unbent, depth=view)


def unbent(pixels: np.ndarray) -> np.ndarray:
    return pixels


def people(data: Path, count: int) -> list[SimpleNamespace]:
    """Held-out skins, a head, a pose and a pair of lights for each."""
    names = sorted(json.loads(SPLIT.read_text(encoding="utf-8"))["held_out"])
    chosen = [names[round(i)] for i in np.linspace(0, len(names) - 1, min(count, len(names)))]
    found = []
    for i, name in enumerate(chosen):
        kind, skin = name.split("/")
        head = HEADS[kind][i % len(HEADS[kind])]
        found.append(
            SimpleNamespace(
                kind=kind,
                name=skin,
                head=data / kind / "heads" / f"{head}.obj",
                skin=data / kind / "skins" / f"{skin}.jpg",
                pose=POSES[i % len(POSES)],
                lights=PAIRS[i % len(PAIRS)],
            )
        )
    return found


def tone(picture: np.ndarray, mask: np.ndarray) -> float:
    return ita(np.median(picture[mask], axis=0))


def distance(one: Result, other: Result, method: str) -> float:
    """Root mean square difference, sRGB times 255, of one skin from two portraits where both show it."""
    both = one.masks["all"] & other.masks["all"]
    return float(np.sqrt(np.square(one.levelled(method)[both] - other.levelled(method)[both]).mean()) * 255)


def write_sheet(path: Path, rendered: StudioPortrait, one: Result) -> None:
    """The portrait, and the face's texels by every method and of the truth; last how far studio light is believed."""
    path.parent.mkdir(parents=True, exist_ok=True)
    part = slice(40, 450), slice(100, 412)
    panels = [*(one.levelled(method) for method in one.pictures), one.truth, np.repeat(one.sure[..., None], 3, 2)]
    side = cv2.resize(rendered.portrait.color[100:540, 120:520], (373, 410), interpolation=cv2.INTER_AREA)
    shown = [(picture * one.masks["all"][..., None])[part] for picture in panels]
    write_picture(path, np.hstack([side, *shown]).clip(0, 1).astype(np.float32))


def print_tables(people: list[list[Result]]) -> None:
    """Args: people: the portraits of each."""
    results = [one for own in people for one in own]
    methods = list(results[0].pictures)
    print(f"\nPSNR in dB ({', '.join(methods)}), of so many portraits\n\n| light | {' | '.join(KINDS)} |")
    print("|---|" + "---|" * len(KINDS))
    for setting in (*SETTINGS, "all"):
        chosen = [one for one in results if setting in (one.setting, "all")]
        print(f"| {setting} | " + " | ".join(cell(chosen, kind, methods) for kind in KINDS) + " |")
    pairs = [[distance(*own, method) for method in methods] for own in people if len(own) == 2]
    print("\none skin from two portraits, RMS of 255: " + told(methods, np.mean(pairs, axis=0)))
    if results[0].unseen:
        means = [np.mean([one.unseen[name] for one in results]) for name in results[0].unseen]
        print("unseen texels, completed, dB: " + told(results[0].unseen, means))
    tones = np.array(
        [[tone(one.truth, one.seen), *(tone(one.pictures[m], one.seen) for m in methods)] for one in results]
    )
    print("\nITA in degrees: distance from the true skin's; and what studio light moves it")
    for name, low, high in (("dark", -90, 10), ("medium", 10, 41), ("light", 41, 90)):
        own = tones[(tones[:, 0] > low) & (tones[:, 0] <= high)]
        if len(own):
            away, moved = np.abs(own[:, 1:] - own[:, :1]).mean(0), (own[:, 3] - own[:, 2]).mean()
            print(f"{name} ({len(own)}): {told(methods, away)}; {moved:+.1f}")


def cell(chosen: list[Result], kind: str, methods: list[str]) -> str:
    own = [one for one in chosen if one.masks[kind].sum() > ENOUGH]
    means = [np.mean([psnr(one.levelled(m), one.truth, one.masks[kind]) for one in own]) for m in methods if own]
    return " ".join(f"{mean:.2f}" for mean in means) + f" ({len(own)})"


def told(names: Iterable[str], values: Iterable[float]) -> str:
    return ", ".join(f"{name} {value:.2f}" for name, value in zip(names, values, strict=True))


def main(argv: list[str] | None = None) -> int:
    parser = argparse.ArgumentParser(
        prog="python -m backend.lab evaluate studio",
        description=__doc__,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    parser.add_argument("--data", type=Path, required=True, help="folder of heads and skins, laid out as shared/data")
    parser.add_argument("--weights", type=Path, metavar="DIR", help="other networks than the bundled")
    parser.add_argument("--people", type=int, default=12, help="each under two lights (default 12)")
    parser.add_argument("--given", action="store_true", help="with the true camera instead of the one that is found")
    parser.add_argument(
        "--completed", action="store_true", help="also after the stages, as jobs remove light, and unseen texels"
    )
    parser.add_argument("--output", type=Path, metavar="DIR", help="for pictures: by every method, and the truth")
    arguments = parser.parse_args(argv)
    cv2.setNumThreads(1)
    networks = untrained(arguments.weights) if arguments.weights else load_networks("cpu")
    found = []
    for person in people(arguments.data, arguments.people):
        mesh = load_mesh(person.head)
        head = find_head_landmarks(mesh)
        texture = cv2.imread(str(person.skin))[..., ::-1].astype(np.float32) / 255
        texture = cv2.resize(texture, (1024, 1024), interpolation=cv2.INTER_AREA)
        found.append([])
        for setting in person.lights:
            rendered = render_studio(mesh, head, texture, person.pose, SETTINGS[setting])
            try:
                one = observed(person, rendered, texture, setting, networks, arguments)
            except AvatarTexError as refusal:
                print(f"{person.name} {setting}: {refusal.message}", flush=True)
                continue
            found[-1].append(one)
            scores = (f"{kind} {cell([one], kind, list(one.pictures))}" for kind in KINDS)
            print(f"{person.name[:28]:28} {setting:9} " + ", ".join(scores), flush=True)
            if arguments.output:
                write_sheet(arguments.output / f"{person.name}_{setting}.png", rendered, one)
    print_tables(found)
    return 0


if __name__ == "__main__":
    raise SystemExit(main())
