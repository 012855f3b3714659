"""A profile paints atlases: where the shipped stages end, before what corrects their result."""

import contextlib
import gc
import traceback
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass, replace
from itertools import islice
from typing import Any

import cv2
import numpy as np
import torch
from torch import Tensor

from ..errors import AvatarTexError, Cancelled, ErrorCode, is_out_of_memory
from ..models.profiles import Profile
from ..models.store import Lock, find_parts
from ..observation.observe import SURE
from .around import AroundHead, InAtlas
from .control import position
from .layout import fit_colors, show_colors
from .load import build
from .memory import Tier, choose_tiers, release
from .scene import Painter, Scene, Way
from .views import VIEWS, Sights
from .walk import walk

#: By style: what is to be painted. In the atlas the layout's own words come first, around the head the object's.
LAYOUT = "uv texture map of a human head, flat even lighting, albedo, unlit, symmetrical, "
OBJECT = "head of a person, flat even lighting, albedo, unlit, plain grey background, "
WORDS = {
    "photo": "photograph, natural skin with pores, sharp detail",
    "cartoon": "cartoon character, clean colours",
    "anime": "anime character, flat colours, clean lines",
    "painting": "painting, visible brush strokes",
}

#: Called with the share that is done, often, and where there is a new one with (S,S,3) sRGB of the first seed's atlas
#: so far; what it raises ends the job.
OnStep = Callable[[float, np.ndarray | None], None]


@dataclass(frozen=True)
class Order:
    """What is to be painted.

    color: (S,S,3) sRGB without light, of the observation; confidence: (S,S). completions: (s,s,3) sRGB of the shipped
    stages, one for each of seeds; they may be made as they are taken, group by group. portrait: (h,w,3) sRGB, the face.
    sights: the head. style: a name of options.STYLE. way: atlas or around.
    """

    color: np.ndarray
    confidence: np.ndarray
    completions: Iterable[np.ndarray]
    portrait: np.ndarray
    sights: Sights
    style: str
    seeds: Sequence[int]
    way: str


def paint(profile: Profile, order: Order, device: str, on_step: OnStep, shown: bool = False) -> Iterator[np.ndarray]:
    """(T,T,3) float32 sRGB of profile.texels for each seed: the completions painted anew where nothing is visible.

    As many seeds at once as the tier's memory allows; the next ones are begun when those were taken.

    Args:
        shown: on_step is also given the picture so far, of the first seed of those at work.

    Raises:
        AvatarTexError: MODEL_MISSING, MODEL_UNUSABLE; OUT_OF_MEMORY, where no tier fits.
    """
    parts, seeds, completions = find_parts(profile), list(order.seeds), iter(order.completions)
    count, few, done = len(seeds), 0, 0.0
    taken: list[np.ndarray] = []  # of the first seeds that are left

    def report(share: float, picture: np.ndarray | None = None) -> None:
        nonlocal done
        done = (count - len(seeds) + share * few) / count
        on_step(done, picture)

    for tier in choose_tiers(profile, device):
        painter = None
        try:
            while seeds:
                views = len(VIEWS) if order.way == "around" else 1
                few = min(max(1, tier.batch // views), len(seeds))
                taken += islice(completions, max(few - len(taken), 0))
                report(0.0)
                with refusing_unusable(profile):
                    painter = painter or load_painter(
                        profile, parts, device, tier, lambda: on_step(done, None), order.way
                    )
                group = replace(order, seeds=seeds[:few], completions=taken[:few])
                made = run(profile, parts, painter, group, report, shown)
                del seeds[:few], taken[:few], group
                if not seeds:  # the last ones are finished without it
                    painter = None
                    let_go(device)
                while made:
                    yield made.pop(0)
            return
        except Exception as reason:
            if not is_out_of_memory(reason):
                raise
        finally:
            painter = None
            let_go(device)
    raise ErrorCode.OUT_OF_MEMORY(
        f"{profile.label} found no room, even layer by layer.",
        "Close other programs that use the graphics card, or use the Built-In profile.",
    )


def let_go(device: str) -> None:
    """Of networks that nothing holds any more."""
    gc.collect()
    release(device)


def run(
    profile: Profile,
    parts: Lock,
    painter: Painter,
    order: Order,
    report: Callable[[float, np.ndarray | None], None],
    shown: bool = False,
) -> list[np.ndarray]:
    """What `paint` gives, of all seeds at once. report: OnStep of these seeds."""
    atlases = make_atlases(profile.texels, order)
    way = plan(profile, order, *atlases)
    with refusing_unusable(profile):
        kept = painter.prepare(way.scene)
    sketch = Sketch(parts, kept, way.scene.start) if shown else None
    way.begin(kept, painter.pixels)
    report(0.0, None)

    def show(share: float, clean: torch.Tensor) -> None:
        report(share, way.lay(sketch(clean))[0].clamp(0, 1).permute(1, 2, 0).numpy() if sketch else None)

    with painter.ready():
        latent = walk(painter, kept, way.settle, painter.levels(way.scene.start.shape[-1]), order.seeds, show)
    made, (start, sure) = way.lay(painter.decode(latent)), atlases
    # what is visible stays exactly; an encoder would blur it
    made = torch.where(sure == 1, start, made + sure * (start - made)).clamp(0, 1)
    return [np.ascontiguousarray(one.permute(1, 2, 0).numpy(), np.float32) for one in made]


@contextlib.contextmanager
def refusing_unusable(profile: Profile) -> Iterator[None]:
    """Whatever configurations and tokenizers of an artist's own make the networks raise, as one refusal."""
    try:
        yield
    except (AvatarTexError, Cancelled):
        raise
    except Exception as reason:
        if is_out_of_memory(reason):
            raise
        traceback.print_exc()  # into the log
        raise ErrorCode.MODEL_UNUSABLE(
            f"{profile.label} cannot be made of its files ({type(reason).__name__}: {str(reason)[:160]}).",
            "Use the models that the profile names, or ones that were trained from them.",
        ) from None


def load_painter(
    profile: Profile, parts: Lock, device: str, tier: Tier, tick: Callable[[], None], way: str = "atlas"
) -> Painter:
    """A LoRA was taught the atlas, so it stays out around the head.

    Raises:
        AvatarTexError: MODEL_UNUSABLE.
    """
    parts = {name: part for name, part in parts.items() if name != "lora" or way == "atlas"}
    if profile.family == "flux2":
        from .flux2 import Flux2Painter

        return Flux2Painter(profile, parts, device, tier, tick)
    from .unet import UNetPainter

    return UNetPainter(profile, parts, device, tier, tick, profile.controls.get(way))


def plan(profile: Profile, order: Order, start: torch.Tensor, sure: torch.Tensor) -> Way:
    """How the atlases (K,3,T,T), sure (K,1,T,T) 0..1, are painted."""
    face, words = (
        to_tensor(cv2.resize(order.portrait, (min(448, profile.texels),) * 2, interpolation=cv2.INTER_AREA)),
        WORDS[order.style],
    )
    if order.way == "around":
        return AroundHead(order.sights, (start, sure), face, OBJECT + words, profile.texels, profile.layout)
    places, _, covered = order.sights.surface.in_atlas(profile.texels)
    hints = {"position": to_tensor(position(places, covered)).expand(len(start), -1, -1, -1)}
    return InAtlas(Scene(start, sure, face, (LAYOUT + words,) * len(start), hints), profile.layout)


def make_atlases(size: int, order: Order) -> tuple[torch.Tensor, torch.Tensor]:
    """(K,3,T,T) sRGB, the completions with what is visible in them, and (K,1,T,T) 0..1 where that is."""
    trust = cv2.resize(order.confidence, (size, size), interpolation=cv2.INTER_LINEAR)[..., None]
    visible = cv2.resize(order.color * order.confidence[..., None], (size, size), interpolation=cv2.INTER_LINEAR)
    visible, sure = visible / np.maximum(trust, 1e-4), np.clip(trust / SURE, 0, 1)
    made = (np.clip(cv2.resize(one, (size, size), interpolation=cv2.INTER_CUBIC), 0, 1) for one in order.completions)
    start = torch.cat([to_tensor(one + sure * (visible - one)) for one in made])
    return start, to_tensor(sure).expand(len(start), -1, -1, -1)


def to_tensor(picture: np.ndarray) -> torch.Tensor:
    """(1,C,S,S) of (S,S,C)."""
    return torch.from_numpy(np.ascontiguousarray(picture, np.float32)).permute(2, 0, 1)[None]


def crop_face(portrait: np.ndarray, skin: np.ndarray) -> np.ndarray:
    """(n,n,3) the face and its surroundings of a (h,w,3) portrait, square; what lies outside is its edge.

    Args:
        skin: (h,w) confidence that a pixel shows the person's skin.
    """
    rows, columns = (np.flatnonzero(skin.max(axis) > 0.5) for axis in (1, 0))
    if not len(rows):
        rows, columns = (np.arange(side) for side in skin.shape)
    middle = (rows[0] + rows[-1]) // 2, (columns[0] + columns[-1]) // 2
    half = round(0.65 * max(rows[-1] - rows[0], columns[-1] - columns[0])) + 1
    wide = cv2.copyMakeBorder(portrait, half, half, half, half, cv2.BORDER_REPLICATE)
    return wide[middle[0] : middle[0] + 2 * half, middle[1] : middle[1] + 2 * half]


class Sketch:
    """Called with clean latents (N,C,s,s), gives small sRGB pictures (N,3,t,t), float32 on the CPU.

    A profile's tiny decoder (TAESD, Ollin Boer Bohan) where it is here; else the linear colours of latents, which are
    fitted to the start's own latents and pixels.
    """

    def __init__(self, parts: Lock, kept: Tensor, start: Tensor) -> None:
        """Raises: AvatarTexError, MODEL_UNUSABLE."""
        self.decoder: Any = None
        if "preview" in parts:
            from diffusers import AutoencoderTiny

            self.decoder = build(AutoencoderTiny.from_config, parts["preview"], "", torch.float32)
            self.scale = self.decoder.config.scaling_factor
        else:
            self.matrix = fit_colors(kept, start)

    @torch.no_grad()
    def __call__(self, clean: Tensor) -> Tensor:
        if self.decoder is None:
            return show_colors(clean, self.matrix).clamp(0, 1).cpu()
        self.decoder.to(clean.device)
        shown = [self.decoder.decode(one / self.scale).sample.cpu() for one in clean.split(1)]
        self.decoder.to("cpu")
        return (torch.cat(shown) / 2 + 0.5).clamp(0, 1)
