"""From what the portraits show to the whole atlas: the priors' completion, the stages, a large model, the finishers."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace
from functools import partial
from itertools import count
from typing import TYPE_CHECKING

import cv2
import numpy as np

from .compose.compose import fill_unknown
from .compose.stage_pictures import StagePictures
from .finish import finish
from .job import Completion, Prepared, StageOptions
from .messages import Generate, Variants
from .options import PROFILE
from .portrait.faces import read_portrait
from .progress import Step, no_step

if TYPE_CHECKING:
    from .models.bundle import Networks


def stage_options(request: Generate | Variants, job: Prepared, seeds: Mapping[int, bool]) -> list[StageOptions]:
    """How a request's completions are made; a large model is shown the face and the head.

    Args:
        seeds: and whether each is another than the first.
    """
    shared = StageOptions()
    if request.profile != PROFILE.default:
        from .large.paint import crop_face

        face = crop_face(read_portrait(request.portrait).color, job.match.parse.face)
        shared = replace(shared, profile=request.profile, way=request.way, face=face, job=job)
    return [replace(shared, seed=seed, another=another) for seed, another in seeds.items()]


def complete_each(
    job: Prepared,
    networks: Networks,
    options: Sequence[StageOptions],
    step: Step = no_step,
    pictures: StagePictures | None = None,
) -> Iterator[Completion]:
    """The priors' completion, the stages on it, the finishers: the whole atlas without light, for each of several seeds
    as they are asked for; a large model paints a few at once.

    Args:
        options: they differ in their seeds.
    """
    pictures = pictures or StagePictures("")
    completions = run_stages(job.evidence, job.style, networks, options, step, pictures)
    large = options[0].profile != PROFILE.default
    if large:
        from .large.stage import paint_large

        numbers = count(1)

        def show(picture: np.ndarray) -> None:
            pictures.preview("large", picture, next(numbers))

        report, wanted = partial(step, "large"), show if pictures.previews else None
        completions = paint_large(completions, networks.device, options, report, wanted)
    for number, completion in enumerate(completions):
        if large and not number:
            pictures.save("large", completion)
        yield finish(fill_unknown(completion, networks.known), job)


def run_stages(
    evidence: tuple[np.ndarray, np.ndarray],
    style: str,
    networks: Networks,
    options: Sequence[StageOptions],
    step: Step = no_step,
    pictures: StagePictures | None = None,
) -> Iterator[Completion]:
    """The priors' completion and the shipped stages on it, each as far as the portrait shows that it is right.

    Args:
        evidence: (S,S,3) unlit sRGB and (S,S) confidence. options: they differ in their seeds.
    """
    from .stages import STAGES
    from .stages.followed import find_shares
    from .stages.stage import AtlasObservation, Work

    shown = AtlasObservation(*shrink(evidence, networks.size), style)
    step("inpaint")
    people = networks.experts.evidence(shown.color, shown.confidence)
    shares = find_shares(
        shown, networks, {name: STAGES[name] for name in options[0].stages}, people, partial(step, "inpaint")
    )
    for one in options:
        random = np.random.default_rng(one.seed) if one.another else None
        completion = networks.experts.complete(shown.color, shown.confidence, people, random)
        for name, share in shares.items():
            step(name)
            completion = STAGES[name](Work(shown, networks, one, partial(step, name)), completion, share)
            if pictures:
                pictures.save(name, completion)
        yield completion


def shrink(evidence: tuple[np.ndarray, np.ndarray], size: int) -> tuple[np.ndarray, np.ndarray]:
    """(size,size,3) unlit colour and (size,size) confidence, averaged by confidence."""
    unlit, confidence = evidence
    small = cv2.resize(confidence, (size, size), interpolation=cv2.INTER_AREA)
    total = cv2.resize(unlit * confidence[..., None], (size, size), interpolation=cv2.INTER_AREA)
    return (total / np.maximum(small, 1e-4)[..., None] * (small > 0.01)[..., None]).astype(np.float32), small
