"""What AvatarTex says in languages other than English. `python -m tests.texts` lists all there is to translate."""

from __future__ import annotations

import bpy

from . import german

EXTENSION = __package__.rpartition(".")[0]
#: Blender's name of a language -> (context, English) -> translation. Context 'Operator' for buttons, '*' else.
LANGUAGES = {"de_DE": german.TEXTS, "de": german.TEXTS}


def register() -> None:
    bpy.app.translations.register(EXTENSION, LANGUAGES)


def unregister() -> None:
    bpy.app.translations.unregister(EXTENSION)
