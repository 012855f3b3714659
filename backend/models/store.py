"""What is on this computer of the large models: one lock per profile says which files, and with which checksums.

The files lie in the hub library's shared cache, or where the artist has them. A job reads the lock and the files and
never asks the hub. Nothing that can run code is taken: weights are safetensors.
"""

import contextlib
import errno
import hashlib
import json
import re
from collections.abc import Callable, Iterable
from dataclasses import asdict, dataclass, field, fields
from importlib.util import find_spec
from pathlib import Path
from typing import Any, get_origin

from ..errors import AvatarTexError, ErrorCode
from .profiles import PROFILES, Part, Profile

#: Weights as diffusers and transformers write them, whole or in shards; .fp16 is half the size and all that is needed.
WEIGHTS = re.compile(r"(diffusion_pytorch_model|model)(\.fp16)?(-\d+-of-\d+)?\.safetensors")
PICKLES = (".bin", ".ckpt", ".pt", ".pth", ".pkl", ".msgpack")
#: Configuration, tokenizers and the index of shards; never code.
TEXTS = (".json", ".txt")


@dataclass(frozen=True)
class StoredFile:
    size: int
    sha256: str


@dataclass
class StoredPart:
    """A part as it is here. root: the folder of its files. local: the artist's own, which is never removed."""

    root: str
    revision: str
    licence: str
    local: bool = False
    files: dict[str, StoredFile] = field(default_factory=dict)


Lock = dict[str, StoredPart]


def read_text(path: Path) -> str:
    """Raises: OSError; ValueError for a pipe, for what is too long for one of TEXTS, for other bytes than UTF-8."""
    if path.stat().st_size > 1 << 26 or not path.is_file():  # Qwen's tokenizer has 11 million bytes
        raise ValueError("no text file")
    return path.read_text(encoding="utf-8")


def checked(made: Any) -> Any:
    """A record as a file has it. Raises: TypeError, ValueError, a field is not what the class says."""
    for one in fields(made):
        value = getattr(made, one.name)
        if type(value) is not (get_origin(one.type) or one.type):
            raise TypeError(one.name)
        if isinstance(value, str):
            checked_name(value)
    return made


def checked_name(name: str) -> str:
    """Raises: ValueError, it is in no path."""
    if b"\0" in name.encode():  # which refuses half a sign
        raise ValueError(name)
    return name


def refuse_no_packages() -> None:
    """Raises: AvatarTexError, BACKEND_MISSING where the environment lacks what large models need."""
    if any(find_spec(name) is None for name in ("torch", "diffusers", "huggingface_hub")):
        raise ErrorCode.BACKEND_MISSING(
            "The packages that large models need are not installed.",
            "Press Install Packages in Preferences > Large Models.",
        )


def hub_cache() -> Path:
    """The folder that all programs share which use the hub's library, by its own settings (HF_HOME, HF_HUB_CACHE)."""
    from huggingface_hub import constants

    return Path(constants.HF_HUB_CACHE)


def lock_path(profile: Profile) -> Path:
    """Where the hub's library keeps what other programs note about models."""
    from huggingface_hub import constants

    return Path(constants.HF_ASSETS_CACHE) / "avatartex" / f"{profile.name}.json"


def read_lock(profile: Profile) -> Lock:
    """By part; empty where nothing is here, nor without the hub's library, which comes with the first model.

    Raises:
        AvatarTexError: MODEL_UNUSABLE, the lock is damaged.
    """
    try:
        path = lock_path(profile)
    except ImportError:
        return {}
    try:
        return {
            name: checked(StoredPart(**{**part, "files": read_files(part["files"])}))
            for name, part in json.loads(read_text(path)).items()
        }
    except FileNotFoundError:
        return {}
    except (OSError, ValueError, TypeError, KeyError, AttributeError, RecursionError):
        raise ErrorCode.MODEL_UNUSABLE(
            f"The list of {profile.label}'s files is damaged ({path.name}).",
            f"Run models remove {profile.name}, then models download {profile.name}.",
        ) from None


def read_files(stored: dict[str, dict]) -> dict[str, StoredFile]:
    """Raises: TypeError, ValueError, AttributeError."""
    return {checked_name(name): checked(StoredFile(**known)) for name, known in stored.items()}


def write_lock(profile: Profile, lock: Lock) -> None:
    """Replace it whole; without parts it goes."""
    path = lock_path(profile)
    if not lock:
        path.unlink(missing_ok=True)
        return
    path.parent.mkdir(parents=True, exist_ok=True)
    temporary = path.with_suffix(".part")
    temporary.write_text(json.dumps({name: asdict(part) for name, part in lock.items()}, indent=1), encoding="utf-8")
    temporary.replace(path)


def choose_files(part: Part, names: Iterable[str]) -> list[str]:
    """Those of a repository or folder that a part needs: texts and safetensors, in half precision where they are.

    Raises:
        AvatarTexError: MODEL_UNUSABLE, where weights are missing or only there as pickles.
    """
    names = sorted(names)
    chosen = []
    for folder in part.folders:
        here = [name for name in names if name.rpartition("/")[0] == folder]
        weights = [name for name in here if WEIGHTS.fullmatch(Path(name).name)]
        half = [name for name in weights if ".fp16" in name]
        texts = [name for name in here if name.endswith(TEXTS) and Path(name).name != "model_index.json"]
        if not texts:
            refuse_missing(part, folder or part.repo)
        if not weights and not folder.startswith(("tokenizer", "scheduler")):
            refuse_pickles(part, here, folder)
            refuse_missing(part, f"{folder}/weights" if folder else "weights")
        chosen += texts + (half or weights)
    for file in part.files:
        if file not in names:
            refuse_pickles(part, [name for name in names if Path(name).stem == Path(file).stem], file)
            refuse_missing(part, file)
        chosen.append(file)
    return chosen


def refuse_pickles(part: Part, names: Iterable[str], what: str) -> None:
    """Raises: AvatarTexError, MODEL_UNUSABLE for weights whose reading can run code."""
    found = [name for name in names if name.lower().endswith(PICKLES)]
    if found:
        raise ErrorCode.MODEL_UNUSABLE(
            f"{part.repo} holds {what or 'its weights'} as a pickle ({Path(found[0]).name}), which can run code.",
            "Use a model that is stored as safetensors.",
        )


def refuse_missing(part: Part, what: str) -> None:
    raise ErrorCode.MODEL_UNUSABLE(f"{what!r} is not in {part.repo}.", "Use a folder or revision that holds all of it.")


def check_config(part: Part, root: Path) -> None:
    """Refuse a model of another architecture before its weights are read.

    Raises:
        AvatarTexError: MODEL_UNUSABLE.
    """
    for folder, key, wanted in part.config:
        try:
            found = json.loads(read_text(root / folder / "config.json")).get(key)
            shown = repr(found)[:80]
        except (OSError, ValueError, AttributeError, RecursionError):
            refuse_missing(part, f"{folder}/config.json".lstrip("/"))
        if found != wanted:
            raise ErrorCode.MODEL_UNUSABLE(
                f"The model for {part.name!r} has another architecture ({key} is {shown} instead of {wanted!r}).",
                f"Use {part.repo}, or a model that was trained from it.",
            )


def digest(path: Path) -> StoredFile:
    """Raises: OSError."""
    if not path.is_file():  # a pipe has no end
        raise FileNotFoundError(errno.ENOENT, "it is no file", str(path))
    with open(path, "rb") as file:
        return StoredFile(path.stat().st_size, hashlib.file_digest(file, "sha256").hexdigest())


def missing(profile: Profile, lock: Lock) -> list[Part]:
    """Parts that are not here, or whose files are gone or of another size; reads no weights."""

    def there(part: Part) -> bool:
        stored = lock.get(part.name)
        if stored is None or not stored.files:
            return False
        with contextlib.suppress(OSError):
            return all((Path(stored.root) / name).stat().st_size == known.size for name, known in stored.files.items())
        return False

    return [part for part in profile.parts if not (part.optional and part.name not in lock) and not there(part)]


def verify(profile: Profile, on_file: Callable[[str], None] = lambda name: None) -> list[str]:
    """Names of files that are gone or changed since they were fetched; an empty list is a whole profile.

    Raises:
        AvatarTexError: MODEL_MISSING, where it was never fetched.
    """
    lock = read_lock(profile)
    refuse_absent(profile, [part for part in profile.parts if part.name not in lock and not part.optional])
    bad = []
    for name, part in lock.items():
        for file, known in part.files.items():
            on_file(f"{name}/{file}")
            try:
                found = digest(Path(part.root) / file)
            except OSError:
                found = None
            if found != known:
                bad.append(f"{name}/{file}")
    return bad


def refuse_absent(profile: Profile, parts: list[Part]) -> None:
    """Raises: AvatarTexError, MODEL_MISSING where there are any."""
    if parts:
        names = ", ".join(part.name for part in parts)
        raise ErrorCode.MODEL_MISSING(
            f"{profile.label} is not on this computer, or not whole ({names}).",
            f"Download it in the preferences, or run python -m backend models download {profile.name}.",
        )


def find_parts(profile: Profile) -> Lock:
    """The parts, for a job.

    Raises:
        AvatarTexError: MODEL_MISSING or MODEL_UNUSABLE; BACKEND_MISSING without the packages.
    """
    refuse_no_packages()
    lock = read_lock(profile)
    refuse_absent(profile, missing(profile, lock))
    for name, stored in lock.items():
        check_config(profile.part(name), Path(stored.root))
    return lock


def check_safetensors(path: Path) -> None:
    """Refuse a truncated file, or one that is something else under that name.

    Raises:
        AvatarTexError: MODEL_UNUSABLE.
    """
    from safetensors import SafetensorError, safe_open

    try:
        with safe_open(path, framework="numpy"):
            pass
    except (SafetensorError, OSError) as reason:
        raise ErrorCode.MODEL_UNUSABLE(
            f"{path.name!r} is truncated, or no safetensors file ({reason}).", "Download it again."
        ) from None


def used_elsewhere(profile: Profile) -> set[str]:
    """Revisions that other profiles need, as the image encoder that two share."""
    found: set[str] = set()
    for other in PROFILES.values():
        if other is not profile:
            with contextlib.suppress(AvatarTexError):
                found |= {part.revision for part in read_lock(other).values()}
    return found
