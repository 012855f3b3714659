"""One file of the hub: fetched, resumed where it was interrupted, and compared with the hub's checksum."""

import contextlib
import hashlib
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path

from ..errors import AvatarTexError, Cancelled, ErrorCode
from .profiles import Part
from .store import StoredFile, check_safetensors, digest, hub_cache


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
def hub_refusals(part: Part) -> Iterator[None]:
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
            raise ErrorCode.OUTPUT_NOT_WRITTEN("The disk is full.", cure) from None
        cure = "Start again: it goes on where it stopped."
        why = str(reason).partition("\n")[0][:160]  # the library goes on with advice of its own
        raise AvatarTexError(code, f"{part.repo} was not fetched ({why}).", cure) from None


def bring(offer: Offer, file: Offered, on_size: Callable[[int], None]) -> tuple[Path, StoredFile]:
    """One file in the shared cache, compared. What an earlier try left and was none of it, as another mirror's page,
    is fetched anew.

    Raises:
        AvatarTexError: HUB_REFUSED, MODEL_UNUSABLE, OUTPUT_NOT_WRITTEN.
    """
    while True:
        earlier = beginning(offer, file).is_file() or placed(offer, file).is_file()
        with hub_refusals(offer.part):
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
    """A file that reports how long it has become."""

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
        raise ErrorCode.MODEL_UNUSABLE(
            f"{file.name!r} of {offer.part.repo} arrived damaged (its checksum differs from the hub's).",
            "Start again; look at the network, or at the mirror, if it happens twice.",
        )
    if path.suffix == ".safetensors":
        check_safetensors(path)
    return found
