"""The manual in avatartex_addon/manual: its links lead somewhere, and what it names in bold is said by the add-on."""

from __future__ import annotations

import re
from pathlib import Path

import pytest
from PIL import Image

from tests.texts import ADDON, all_texts

MANUAL = ADDON / "manual"
PAGES = sorted(MANUAL.glob("*.md"))


@pytest.fixture(scope="module")
def said():
    return {text.text for text in all_texts()}


def links(page: Path) -> list[str]:
    return re.findall(r"\]\(([^)]+)\)", page.read_text(encoding="utf-8"))


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.stem)
def test_links_and_pictures_are_there(page):
    assert [link for link in links(page) if not (page.parent / link).is_file()] == []


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.stem)
def test_what_is_bold_is_said_by_the_interface(page, said):
    bold = {" ".join(words.split()) for words in re.findall(r"\*\*([^*]+)\*\*", page.read_text(encoding="utf-8"))}
    assert bold - said == set()


def test_every_page_and_picture_is_shown():
    assert {page.name for page in PAGES} - {"README.md"} <= set(links(MANUAL / "README.md"))
    shown = {(page.parent / link).resolve() for page in PAGES for link in links(page)}
    assert set((MANUAL / "pictures").iterdir()) <= shown


def test_the_manual_stays_small():
    pictures = list((MANUAL / "pictures").iterdir())
    assert sum(picture.stat().st_size for picture in pictures) < 2e6
    assert all(min(Image.open(picture).size) >= 150 for picture in pictures)
