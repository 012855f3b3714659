"""Fetching a profile from the hub: what it weighs and allows, file by file, resumed, compared with its checksums.

Endpoint (HF_ENDPOINT, for mirrors), token (HF_TOKEN) and cache are the hub library's own settings.
"""

from __future__ import annotations

import contextlib
import hashlib
import shutil
from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from functools import partial
from pathlib import Path

from ..errors import AvatarTexError, Cancelled, ErrorCode
from .profiles import Part, Profile
from .store import (
    Lock,
    StoredFile,
    StoredPart,
    check_config,
    check_safetensors,
    choose_files,
    digest,
    hub_cache,
    lock_path,
    missing,
    read_lock,
    refuse_absent,
    used_elsewhere,
    write_lock,
)

#: Bytes that stay free on the disk.
SPARE = 1 << 28
#: Called with bytes that are here, bytes of all, and what is being fetched; what it raises ends the download.
OnBytes = Callable[[int, int, str], None]


@dataclass(frozen=True)
class Offered:
    """A file as the hub lists it. sha256: of large files; blob: git's checksum, of the others."""

    name: str
    size: int
    sha256: str
    blob: str


@dataclass(frozen=True)
class Offer:
    """A part as the hub has it."""

    part: Part
    revision: str
    files: tuple[Offered, ...]

    @property
    def size(self) -> int:
        return sum(file.size for file in self.files)


@contextlib.contextmanager
def told(part: Part) -> Iterator[None]:
    """Every refusal of the hub, its library and the network as one of ours."""
    from httpx2 import HTTPError
    from huggingface_hub import errors

    code = ErrorCode.HUB_REFUSED
    try:
        yield
    except (AvatarTexError, Cancelled):
        raise
    except errors.GatedRepoError:
        cure = f"Accept its terms on the hub's page of {part.repo}, then run hf auth login or set HF_TOKEN."
        raise AvatarTexError(code, f"The hub gives {part.repo} only to those who accepted its terms.", cure) from None
    except errors.RevisionNotFoundError:
        text = f"{part.repo} has no revision {part.revision!r}."
        cure = "Take the newest instead (--newest, in Blender Newest Revisions), or update AvatarTex."
        raise AvatarTexError(code, text, cure) from None
    except errors.RepositoryNotFoundError:
        cure = "If it is private, run hf auth login or set HF_TOKEN; else update AvatarTex."
        raise AvatarTexError(code, f"The hub knows no {part.repo}, or not for you.", cure) from None
    except errors.RemoteEntryNotFoundError as reason:
        raise AvatarTexError(code, f"A file of {part.repo} is gone ({reason}).", "Update AvatarTex.") from None
    except (errors.LocalEntryNotFoundError, HTTPError) as reason:
        cure = "Look at the network and at HF_ENDPOINT, then start again: it goes on where it stopped."
        raise AvatarTexError(code, f"The hub cannot be reached ({type(reason).__name__}).", cure) from None
    except OSError as reason:
        if reason.errno == 28:
            cure = "Free some space, or set HF_HOME to a folder on another disk."
            raise AvatarTexError(ErrorCode.OUTPUT_NOT_WRITTEN, "The disk is full.", cure) from None
        cure = "Start again: it goes on where it stopped."
        why = str(reason).partition("\n")[0][:160]  # the library goes on with advice of its own
        raise AvatarTexError(code, f"{part.repo} was not fetched ({why}).", cure) from None


def ask(part: Part) -> Offer:
    """What the hub has of a part; nothing is fetched.

    Raises:
        AvatarTexError: HUB_REFUSED or MODEL_UNUSABLE.
    """
    from huggingface_hub import HfApi

    with told(part):
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
            raise AvatarTexError(
                ErrorCode.HUB_REFUSED,
                f"{part.repo} is under {part.licence}, which says what it may be used for: {part.terms}",
                f"Read it. To accept it, add --accept {part.licence}.",
            )


def refuse_full(offers: list[Offer], cache: Path) -> None:
    """Raises: AvatarTexError, OUTPUT_NOT_WRITTEN where the disk has no room."""
    home = cache
    while not home.exists():
        home = home.parent
    free, wanted = shutil.disk_usage(home).free, sum(offer.size for offer in offers) + SPARE
    if free < wanted:
        raise AvatarTexError(
            ErrorCode.OUTPUT_NOT_WRITTEN,
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


def bring(offer: Offer, file: Offered, on_size: Callable[[int], None]) -> tuple[Path, StoredFile]:
    """One file in the shared cache, compared. What an earlier try left and was none of it, as another mirror's page,
    is fetched anew.

    Raises:
        AvatarTexError: HUB_REFUSED, MODEL_UNUSABLE, OUTPUT_NOT_WRITTEN.
    """
    while True:
        earlier = beginning(offer, file).is_file() or placed(offer, file).is_file()
        with told(offer.part):
            path = fetch(offer, file, on_size)
        try:
            return path, compare(offer, file, path)
        except AvatarTexError:
            if not earlier:
                raise


def repo_home(offer: Offer) -> Path:
    from huggingface_hub.file_download import repo_folder_name

    return hub_cache() / repo_folder_name(repo_id=offer.part.repo, repo_type="model")


def beginning(offer: Offer, file: Offered) -> Path:
    """Where a large file is kept until it is whole."""
    return repo_home(offer) / "blobs" / f"{file.sha256}.avatartex"


def placed(offer: Offer, file: Offered) -> Path:
    """Where programs look for it."""
    return repo_home(offer) / "snapshots" / offer.revision / file.name


def fetch(offer: Offer, file: Offered, on_size: Callable[[int], None]) -> Path:
    """One file in the shared cache.

    The hub's library begins a file anew when it was interrupted; here its beginning is kept beside the blobs, and the
    library is asked to place the whole one, so that links and folders are its own.
    """
    from huggingface_hub import get_hf_file_metadata, hf_hub_download, hf_hub_url
    from huggingface_hub.file_download import http_get
    from huggingface_hub.utils import build_hf_headers

    repo, revision, begun = offer.part.repo, offer.revision, beginning(offer, file)
    if not placed(offer, file).is_file() and file.sha256:
        blob = begun.with_suffix("")
        if not blob.is_file():
            begun.parent.mkdir(parents=True, exist_ok=True)
            if begun.is_file() and begun.stat().st_size > file.size:
                begun.unlink()
            url = hf_hub_url(repo, file.name, revision=revision)
            meta = get_hf_file_metadata(url)
            headers = build_hf_headers() if meta.location == url else {}  # a token is for the hub, not for its storage
            with open(begun, "ab") as target, contextlib.closing(Meter(target, on_size)) as meter:
                http_get(meta.location, meter, resume_size=target.tell(), headers=headers, expected_size=file.size)
            begun.replace(blob)
    path = Path(hf_hub_download(repo, file.name, revision=revision))
    on_size(file.size)
    return path


class Meter:
    """A file that tells how long it has become."""

    def __init__(self, target, on_size: Callable[[int], None]) -> None:
        self.target, self.on_size = target, on_size

    def write(self, data: bytes) -> int:
        written = self.target.write(data)
        self.on_size(self.target.tell())
        return written

    def seek(self, *where: int) -> int:
        return self.target.seek(*where)

    def truncate(self) -> int:
        return self.target.truncate()

    def tell(self) -> int:
        return self.target.tell()

    def close(self) -> None:
        self.target.flush()


def compare(offer: Offer, file: Offered, path: Path) -> StoredFile:
    """The file's own checksum, after it was compared with the hub's; one that differs is removed.

    Raises:
        AvatarTexError: MODEL_UNUSABLE.
    """
    found = digest(path)
    if file.sha256:
        same = found.sha256 == file.sha256
    else:
        data = path.read_bytes()
        same = not file.blob or hashlib.sha1(b"blob %d\0" % len(data) + data).hexdigest() == file.blob
    if not same or found.size != file.size:
        path.resolve().unlink(missing_ok=True)
        path.unlink(missing_ok=True)
        raise AvatarTexError(
            ErrorCode.MODEL_UNUSABLE,
            f"{file.name!r} of {offer.part.repo} arrived damaged (its checksum differs from the hub's).",
            "Start again; look at the network, or at the mirror, if it happens twice.",
        )
    if path.suffix == ".safetensors":
        check_safetensors(path)
    return found


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
