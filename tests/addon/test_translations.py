"""Translations: what is said can be translated, and what is translated is said. The bpy wheel itself speaks English."""

from __future__ import annotations

import json
import re

import pytest

from tests.texts import ADDON, all_texts, find_texts, template

#: Panels in which nothing is put together out of reach of a translator.
PANELS = sorted(path.name for path in (ADDON / "ui").glob("*.py") if path.name != "__init__.py")


@pytest.mark.parametrize("name", PANELS)
def test_no_label_is_put_together(name):
    assert [text for text in find_texts(ADDON / "ui" / name) if not text.whole] == []


def test_every_translation_belongs_to_a_text(addon):
    from backend.messages import STAGES

    said = {text.text for text in all_texts() if text.whole} | set(STAGES.values()) | {"Starting the backend"}
    for language in addon("translations").read_languages().values():
        assert {english for _, english in language} - said == set()


def test_gaps_and_full_stops_are_kept(addon):
    for language in addon("translations").read_languages().values():
        for (_, english), text in language.items():
            assert re.findall(r"\{\w+\}", english) == re.findall(r"\{\w+\}", text)
            assert english.endswith(".") == text.endswith("."), text
            assert re.findall(r"\(\d/\d\)", english) == re.findall(r"\(\d/\d\)", text)


def test_the_main_panel_is_whole_in_german(addon):
    german = {english for _, english in addon("translations").read_languages()["de"]}
    told = {
        text.text
        for name in ("ui/portrait_box.py", "ui/progress.py", "ui/result_box.py", "jobs/preflight.py")
        for text in find_texts(ADDON / name)
        if text.whole and re.search("[a-z] ?[a-z]", text.text)
    }
    identifiers = {text for text in told if re.fullmatch(r"[A-Z_]+|[a-z_.-]+|use_mirror.*", text)}
    assert told - identifiers - german == set()


def test_regions_variants_and_set_up_are_whole_in_german(addon):
    german = {english for _, english in addon("translations").read_languages()["de"]}
    told = {
        text.text
        for name in ("ui/regions_panel.py", "ui/variants_panel.py", "ui/setup_box.py", "ui/layers_box.py")
        for text in find_texts(ADDON / name)
    }
    assert {text for text in told if not re.fullmatch(r"[A-Z_0-9]+(_VEC)?|[a-z]+", text)} - german == set()


def test_the_options_in_the_window_are_whole_in_german(addon):
    options = addon("backend.options")
    elsewhere = {options.FURTHER, options.PINS, options.REGIONS}  # lists and pictures, with texts of their own
    drawn = [option for option in options.OPTIONS if options.PANEL in option.sides and option not in elsewhere]
    said = {text for option in drawn for text in (option.label, option.tooltip)}
    said |= {text for option in drawn for choice in option.choices for text in (choice.label, choice.tooltip)}
    german = {english for _, english in addon("translations").read_languages()["de"]}
    assert len(said) > 60 and {text for text in said if re.search("[a-z]", text)} - german == set()


def test_what_stops_a_job_or_the_set_up_is_whole_in_german(addon):
    """Whole sentences; one with a name in it is not looked up."""
    german = {english for _, english in addon("translations").read_languages()["de"]}
    told = {
        text.text
        for path in (ADDON / "core").glob("*.py")
        for text in find_texts(path)
        if text.whole and re.match("[A-Z]", text.text) and text.text.endswith(".")
    }
    assert len(told) > 20 and told - german == set()


def test_say(addon, monkeypatch):
    texts = addon("ui.sentences")
    monkeypatch.setattr(texts, "pgettext_iface", {"{n} left": "noch {n}", "{n} px": "{m} px"}.__getitem__)
    assert texts.say("{n} left", n=3) == "noch 3" and texts.say("{n} px", n=3) == "3 px"


def test_the_template_is_a_language_with_nothing_translated(addon, tmp_path):
    file = tmp_path / "fr.json"
    file.write_text(template(), encoding="utf-8")
    texts = json.loads(file.read_text(encoding="utf-8"))["texts"]
    assert len(texts) > 200 and {"Step {step} of {steps}", "Generate Texture"} <= set(texts)
    assert addon("translations").read_language(file) == {}


def test_figures_are_not_torn_apart(addon):
    lines = addon("ui.sentences").wrap("40.6 s · landmarks within 1.3 px · 12% from the portrait, 29.5 GB free", 28)
    plain = [line.replace("\N{NO-BREAK SPACE}", " ") for line in lines]
    assert plain == ["40.6 s · landmarks within", "1.3 px · 12% from the", "portrait, 29.5 GB free"]
