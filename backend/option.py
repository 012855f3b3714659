"""One setting of a texture: its names, its values and who takes it. The table of all is options.py."""

from dataclasses import dataclass
from typing import Any

from .errors import ErrorCode

#: What a setting is for: functions of the API, and commands of the same names.
GENERATE, VARIANTS, BATCH, REDO = JOBS = ("generate", "variants", "batch", "redo")
#: Where it is set: in Blender's window, by blender --command avatartex, in the API, by python -m backend.
PANEL, BLENDER, API, BACKEND = SIDES = ("panel", "blender", "api", "backend")


@dataclass(frozen=True)
class Choice:
    """One value that an option can have."""

    value: str | int
    label: str  # in menus
    tooltip: str  # what it does; a sentence without a full stop


@dataclass(frozen=True)
class Option:
    """One setting."""

    name: str  # of the property, the field of the messages and the API's argument
    label: str  # in the panel
    default: Any  # of the type that values have
    tooltip: str  # in the panel
    help: str  # on the command lines, where choices and default are added
    choices: tuple[Choice, ...] = ()
    several: bool = False  # its value is a sequence of these
    limits: tuple[int, int] | None = None  # smallest and largest number
    percent: bool = False  # a number of per cents
    jobs: tuple[str, ...] = (GENERATE, VARIANTS)
    sides: tuple[str, ...] = SIDES
    metavar: str | None = None  # on the command lines
    remembered: bool = False  # see REMEMBERED

    @property
    def values(self) -> tuple[str | int, ...]:
        return tuple(choice.value for choice in self.choices)

    def label_of(self, value: str | int) -> str:
        """In menus; of a value that it cannot have, that itself."""
        return next((choice.label for choice in self.choices if choice.value == value), str(value))

    def refuse(self, value: Any) -> None:
        """Refuse a value that it cannot have.

        Raises:
            AvatarTexError: BAD_REQUEST.
        """
        for one in value if self.several else (value,):
            if self.choices and one not in self.values:
                cure = f"Use {'some' if self.several else 'one'} of {', '.join(map(str, self.values))}."
            elif self.limits and not (type(one) is int and self.limits[0] <= one <= self.limits[1]):
                cure = f"Use a whole number from {self.limits[0]} to {self.limits[1]}."
            else:
                continue
            raise ErrorCode.BAD_REQUEST(f"{self.label} cannot be {one!r}.", cure)
