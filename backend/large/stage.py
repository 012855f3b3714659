"""A large profile in a job: called where the shipped stages end."""

from collections.abc import Callable, Iterable, Iterator, Sequence

import numpy as np

from ..job import Completion, StageOptions
from ..models.profiles import Profile, find_profile
from ..models.store import read_lock
from .memory import usable
from .paint import Order, paint
from .views import Sights, find_surface


def choose_way(profile: Profile, wanted: str) -> str:
    """atlas or around. Left open it is the profile's own; a LoRA was taught the atlas, so with one it is that.

    Raises:
        AvatarTexError: MODEL_UNUSABLE.
    """
    if wanted != "auto":
        return wanted
    return "atlas" if "lora" in read_lock(profile) else profile.way


def paint_large(
    completions: Iterable[Completion],
    device: str,
    options: Sequence[StageOptions],
    on_step: Callable[[float], None],
    on_picture: Callable[[np.ndarray], None] | None = None,
) -> Iterator[Completion]:
    """Completions at the size of the options' profile, painted by it where nothing is visible, as many together as fit.

    Args:
        completions: taken when their turn comes. options: of each completion, with the job; they differ in their seeds.
        on_picture: shown the first one of those at work as it becomes.

    Raises:
        AvatarTexError: MODEL_MISSING, MODEL_UNUSABLE, OUT_OF_MEMORY.
    """
    shared = options[0]
    job = shared.job
    assert job is not None and shared.face is not None
    profile = find_profile(shared.profile)
    order = Order(
        *job.evidence,
        completions,
        shared.face,
        Sights(find_surface(job.mesh, job.canonical)),
        job.style,
        [one.seed for one in options],
        choose_way(profile, shared.way),
    )

    def report(share: float, picture: np.ndarray | None) -> None:
        on_step(share)
        if on_picture is not None and picture is not None:
            on_picture(picture)

    return paint(profile, order, usable(device), report, on_picture is not None)
