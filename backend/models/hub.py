"""Fetching a profile from the hub: what it weighs, what its licences allow, all of it, and away with it.

Endpoint (HF_ENDPOINT, for mirrors), token (HF_TOKEN) and cache are the hub library's own settings.
"""

import contextlib
import shutil
from collections.abc import Callable
from dataclasses import replace
from functools import partial
from pathlib import Path

from ..errors import AvatarTexError, ErrorCode
from .fetch import Offer, Offered, bring, hub_refusals
from .profiles import Part, Profile
from .store import (
    Lock,
    StoredPart,
    check_config,
    choose_files,
    hub_cache,
    lock_path,
    missing,
    read_lock,
    refuse_absent,
    used_elsewhere,
    write_lock,
)

#: Called with bytes that are here, bytes of all, and what is being fetched; what it raises ends the download.
OnBytes = Callable[[int, int, str], None]


def ask(part: Part) -> Offer:
    """What the hub has of a part; nothing is fetched.

    Raises:
        AvatarTexError: HUB_REFUSED or MODEL_UNUSABLE.
    """
    from huggingface_hub import HfApi

    with hub_refusals(part):
        info = HfApi().model_info(part.repo, revision=part.revision or None, files_metadata=True)
    listed = {one.rfilename: one for one in info.siblings or []}
    files = tuple(
        Offered(
            name,
            int(listed[name].size or 0),
            listed[name].lfs.sha256 if listed[name].lfs else "",
            listed[name].blob_id or "",
        )
        for name in choose_files(part, listed)
    )
    return Offer(part, str(info.sha), files)


def ask_for(profile: Profile, newest: bool = False) -> list[Offer]:
    """Of what is not here yet; what a job could do without is left out where the hub does not give it.

    Args:
        newest: the hub's newest commits, whatever the table names.

    Raises:
        AvatarTexError: as `ask`.
    """
    lock = read_lock(profile)
    gone, offers = missing(profile, lock), []
    for part in profile.parts:
        if not part.repo or (part not in gone and part.name in lock):
            continue
        try:
            offers.append(ask(replace(part, revision="") if newest else part))
        except AvatarTexError:
            if not part.optional:
                raise
    return offers


def refuse_unaccepted(profile: Profile, accepted: set[str]) -> None:
    """Raises: AvatarTexError, HUB_REFUSED for a licence that asks more than its text and was not accepted by name."""
    for part in profile.parts:
        if not part.permissive and part.licence not in accepted:
            raise ErrorCode.HUB_REFUSED(
                f"{part.repo} is under {part.licence}, which says what it may be used for: {part.terms}",
                f"Read it. To accept it, add --accept {part.licence}.",
            )


def refuse_full(offers: list[Offer], cache: Path) -> None:
    """Raises: AvatarTexError, OUTPUT_NOT_WRITTEN where the disk has no room."""
    home = cache
    while not home.exists():
        home = home.parent
    free, wanted = shutil.disk_usage(home).free, sum(offer.size for offer in offers) + (1 << 28)  # which stay free
    if free < wanted:
        raise ErrorCode.OUTPUT_NOT_WRITTEN(
            f"The models take {wanted / 1e9:.1f} GB, and {free / 1e9:.1f} GB are free in {cache}.",
            "Free some space, or set HF_HOME to a folder on another disk.",
        )


def download(profile: Profile, accepted: set[str], on_bytes: OnBytes, newest: bool = False) -> Lock:
    """Fetch what is missing of a profile. What has arrived stays, also of a file that was interrupted.

    Args:
        newest: see ask_for.

    Raises:
        AvatarTexError: HUB_REFUSED, MODEL_UNUSABLE, OUTPUT_NOT_WRITTEN.
    """
    refuse_unaccepted(profile, accepted)
    lock, offers = read_lock(profile), ask_for(profile, newest)
    refuse_full(offers, hub_cache())
    whole, done = sum(offer.size for offer in offers), 0
    for offer in offers:
        files, root = {}, Path()
        for file in offer.files:
            path, files[file.name] = bring(offer, file, partial(show_file, on_bytes, done, whole, file.name))
            done += file.size
            root = Path(str(path)[: -len(file.name)])
        check_config(offer.part, root)
        lock[offer.part.name] = StoredPart(str(root), offer.revision, offer.part.licence, False, files)
        write_lock(profile, lock)
    on_bytes(whole, whole, "")
    return lock


def show_file(on_bytes: OnBytes, before: int, whole: int, name: str, size: int) -> None:
    on_bytes(before + size, whole, name)


def remove(profile: Profile) -> int:
    """Take a profile off this computer; bytes that this freed. Local files and what other profiles need stay.

    Raises:
        AvatarTexError: MODEL_MISSING, where it is not here.
    """
    from huggingface_hub import scan_cache_dir

    if not lock_path(profile).is_file():
        refuse_absent(profile, list(profile.parts))
    lock: Lock = {}
    with contextlib.suppress(AvatarTexError):  # a damaged list goes like any other
        lock = read_lock(profile)
    wanted = {part.revision for part in lock.values() if not part.local} - used_elsewhere(profile)
    freed = 0
    if wanted and hub_cache().is_dir():
        strategy = scan_cache_dir().delete_revisions(*wanted)
        freed = strategy.expected_freed_size
        strategy.execute()
    write_lock(profile, {})
    return freed
