"""What AvatarTex says in languages other than English. `python -m tests.texts` lists all there is to translate."""

from __future__ import annotations

import bpy

from .. import __package__ as base_package
from . import german

#: Blender's name of a language -> (context, English) -> translation. Context 'Operator' for buttons, '*' else.
LANGUAGES = {"de_DE": german.TEXTS, "de": german.TEXTS}


def register() -> None:
    bpy.app.translations.register(base_package, LANGUAGES)


def unregister() -> None:
    bpy.app.translations.unregister(base_package)
