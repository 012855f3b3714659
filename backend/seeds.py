"""Seeds as they are written: numbers and ranges."""

from .errors import ErrorCode

#: Blender's whole numbers end here.
LARGEST_SEED = 2**31 - 1
#: Seeds of one range; more are a slip of the keyboard.
MOST_SEEDS = 100


def parse_seeds(text: str) -> list[int]:
    """Seeds of '0,2,5-7'.

    Raises:
        AvatarTexError: BAD_REQUEST.
    """
    seeds: list[int] = []
    for word in filter(None, (part.strip() for part in text.split(","))):
        first, dash, last = word.partition("-")
        if not first.isdigit() or (dash and not last.isdigit()):
            raise ErrorCode.BAD_REQUEST(f"{word!r} is no seed.", "Write seeds as 0,1,2 or as 0-3.")
        if int(last or first) - int(first) >= MOST_SEEDS:
            raise ErrorCode.BAD_REQUEST(f"{word!r} are too many seeds.", f"Name at most {MOST_SEEDS}.")
        seeds += range(int(first), int(last or first) + 1)
    return list(dict.fromkeys(seeds))
