"""What AvatarTex says in languages other than English: one JSON file a language, named as Blender names it.

A file holds "buttons", which Blender looks up in the context Operator as well, and "texts"; what is missing appears in
English. `python -m tests.texts` lists all there is to translate.
"""

import json
from pathlib import Path

import bpy

EXTENSION = __package__.rpartition(".")[0]
#: Blender's other name of a language.
ALSO = {"de": "de_DE"}


def read_language(path: Path) -> dict[tuple[str, str], str]:
    """(context, English) -> translation."""
    words = json.loads(path.read_text(encoding="utf-8"))
    found = [("Operator", words["buttons"]), ("*", words["buttons"] | words["texts"])]
    return {(context, english): text for context, texts in found for english, text in texts.items() if text}


def read_languages() -> dict[str, dict[tuple[str, str], str]]:
    """By Blender's names of the languages."""
    found = {path.stem: read_language(path) for path in sorted(Path(__file__).parent.glob("*.json"))}
    return found | {ALSO[name]: language for name, language in found.items() if name in ALSO}


def register() -> None:
    bpy.app.translations.register(EXTENSION, read_languages())


def unregister() -> None:
    bpy.app.translations.unregister(EXTENSION)
