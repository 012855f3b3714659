"""A part of a profile from the artist's own folder or file, which stays where it is."""

from pathlib import Path

from ..errors import ErrorCode
from .profiles import Part, Profile
from .store import PICKLES, StoredPart, check_config, check_safetensors, choose_files, digest, refuse_pickles


def use_local(profile: Profile, name: str, path: Path) -> StoredPart:
    """Take a part from the artist's own folder, or from a .safetensors; the files stay where they are.

    Raises:
        AvatarTexError: MODEL_UNUSABLE or BAD_REQUEST.
    """
    try:
        return look_at_local(profile.part(name), path.absolute())
    except OSError as reason:
        raise ErrorCode.MODEL_UNUSABLE(
            f"{path.name[:80]!r} cannot be read ({reason.strerror}).", "Name another."
        ) from None


def look_at_local(part: Part, path: Path) -> StoredPart:
    """What `use_local` gives. Raises: AvatarTexError, OSError."""
    if path.suffix.lower() in PICKLES:
        refuse_pickles(part, [path.name], path.name)
    if not path.exists():
        raise ErrorCode.BAD_REQUEST(f"{path.name!r} is not there.", "Name a folder or a .safetensors.")
    if path.is_file():
        if len(part.files) != 1 or path.suffix != ".safetensors":
            cure = f"Name the folder that holds {', '.join(folder or 'config.json' for folder in part.folders)}."
            raise ErrorCode.BAD_REQUEST(f"{part.name!r} is no single .safetensors file.", cure)
        root, files = path.parent, [path.name]
    else:
        names = [file.relative_to(path).as_posix() for file in path.rglob("*") if file.is_file()]
        root, files = path, choose_files(part, names)
        check_config(part, path)
    for file in files:
        if file.endswith(".safetensors"):
            check_safetensors(root / file)
    return StoredPart(str(root), "local", part.licence, True, {file: digest(root / file) for file in files})
