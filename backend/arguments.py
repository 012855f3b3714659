"""The table of options as arguments of a command line: python -m backend, and blender --command avatartex.

argparse itself looks at no value: the table refuses them with a code and a cure, as everywhere. Standard library only.
"""

import argparse
from collections.abc import Iterable
from typing import Any

from .option import Option
from .options import FURTHER, refuse_unknown, take_presets
from .seeds import parse_seeds


def add_options(parser: argparse.ArgumentParser, options: Iterable[Option], unset: str = "") -> None:
    """One argument for each.

    Args:
        unset: what an option that is not given means, where that is not its own default: "each head's".
    """
    for option in options:
        words: dict[str, Any] = {"help": help_of(option, unset), "default": None if unset else option.default}
        if option is FURTHER:
            words |= {"action": "append", "metavar": option.metavar, "default": []}
        elif isinstance(option.default, bool):
            words |= {"action": "store_true"}
        elif option.several:
            words |= {"default": None if unset else default_of(option), "metavar": option.metavar}
        else:
            words |= {"type": type(option.default), "metavar": option.metavar}
        parser.add_argument("--" + option.name.replace("_", "-"), **words)


def help_of(option: Option, unset: str = "") -> str:
    """What it is, what it may be, and what it is by itself."""
    text = option.help + (f": {', '.join(map(str, option.values))}" if option.choices else "")
    if unset:
        return f"{text.partition(' (default')[0]} (default: {unset})"
    default = default_of(option)
    plain = isinstance(option.default, bool) or "(default" in text or not default
    return text if plain else f"{text} (default {default})"


def default_of(option: Option) -> str:
    return ",".join(map(str, option.default)) if option.several else str(option.default)


def take(given: argparse.Namespace, options: Iterable[Option]) -> dict[str, Any]:
    """The options' values by name, without those that were not given and have no default.

    Raises:
        AvatarTexError: BAD_REQUEST, an option cannot have such a value.
    """
    values = {option.name: getattr(given, option.name) for option in options}
    for option in options:
        if option.several and isinstance(text := values[option.name], str):
            words = tuple(word.strip() for word in text.split(",") if word.strip())
            values[option.name] = tuple(parse_seeds(text)) if option.limits else words
    found = {name: value for name, value in values.items() if value is not None}
    refuse_unknown(found)
    return take_presets(found)
