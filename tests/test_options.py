"""The table of options is sound, and command lines, messages and the manual say what it says."""

from __future__ import annotations

import dataclasses

import pytest

from backend.__main__ import OPTIONS as OF_GENERATE
from backend.__main__ import build_parser as build_backend
from backend.arguments import take
from backend.command_line import read_request
from backend.errors import AvatarTexError, ErrorCode
from backend.messages import Generate, Variants
from backend.option import BACKEND, GENERATE, JOBS, REDO, SIDES, VARIANTS
from backend.options import HAIR, OPTIONS, SHELLS, Settings, refuse_unknown, select
from backend.seeds import LARGEST_SEED
from backend.variants.command import build_parser as build_variants
from tests.options_table import render_page
from tests.texts import ADDON


def test_each_option_stands_once_and_its_default_is_allowed():
    assert len({option.name for option in OPTIONS}) == len(OPTIONS) > 15
    for option in OPTIONS:
        option.refuse(option.default)
        assert option.label and option.tooltip and set(option.jobs) <= set(JOBS) and set(option.sides) <= set(SIDES)
        assert option.help or not {"blender", "backend"} & set(option.sides)
        assert len(set(option.values)) == len(option.choices)


@pytest.mark.parametrize(
    ("values", "told"),
    [
        ({"seed": -1}, "whole number from 0"),
        ({"seed": LARGEST_SEED + 1}, "whole number"),
        ({"seed": True}, "whole"),
        ({"seed": "3"}, "whole"),
        ({"size": "1024"}, "512, 1024"),
        ({"style": "baroque"}, "auto, photo"),
        ({"styles": ("cel", "opera")}, "some of photo, cel"),
        ({"seeds": (0, -2)}, "whole"),
        ({"light": ""}, "keep, even"),
    ],
)
def test_what_no_option_can_be_is_refused(values, told):
    with pytest.raises(AvatarTexError) as refusal:
        refuse_unknown({"job": "other names are left alone", **values})
    assert refusal.value.code == ErrorCode.BAD_REQUEST and told in refusal.value.cure


def test_what_covers_the_skin_is_one_choice():
    """Where it goes onto a shell or a picture of its own, the skin below is bare; the older name means the same."""
    shown = {name: Settings(hair=name).opacities("photo") for name in HAIR.values}
    worn = {name: tuple(one[layer] for layer in ("hair", "facial_hair", "headwear")) for name, one in shown.items()}
    bare = (0, 0, 0)
    assert worn == {"keep": (1, 1, 0), "bare": (0, 1, 0), "hats": (1, 1, 1), "shell": bare, "picture": bare}
    assert {name for name in HAIR.values if Settings(hair=name).shelled} == {"shell", "picture"} == {*SHELLS.values()}
    for shell, hair in (("none", "keep"), ("picture", "picture"), ("object", "shell")):
        given = build_backend().parse_args(
            ["generate", "--portrait", "p", "--mesh", "m", "--output", "o", "--shell", shell]
        )
        taken = take(given, select(BACKEND, GENERATE))
        assert taken["hair"] == hair and "shell" not in taken


def test_a_command_line_takes_an_older_name_as_todays():
    words = ["generate", "--portrait", "p", "--output", "o", "--shell", "object"]
    request = Generate(job="cli", **read_request(build_backend().parse_args(words), OF_GENERATE))
    assert request.hair == "shell" and request.shelled


def test_messages_and_settings_have_the_tables_defaults():
    table = {option.name: option for option in OPTIONS}
    for kind in (Settings, Generate, Variants):
        for field in dataclasses.fields(kind):
            if field.name in table and field.default is not dataclasses.MISSING:
                assert field.default == table[field.name].default or not field.default
    assert {field.name for field in dataclasses.fields(Settings)} < set(table)


@pytest.mark.parametrize(
    ("parser", "options", "files"),
    [
        (
            next(action for action in build_backend()._actions if action.dest == "command").choices["generate"],
            select(BACKEND, GENERATE, REDO),
            {
                "mesh",
                "capture",
                "faces",
                "portrait",
                "output",
                "base_texture",
                "provenance",
                "layers",
                "curves",
                "report",
                "base_provenance",
                "keep_stages",
            },
        ),
        (
            build_variants(),
            select(BACKEND, VARIANTS),
            {"mesh", "capture", "faces", "portrait", "output", "base_texture", "sheet", "report"},
        ),
    ],
)
def test_the_backends_command_line_has_the_options(parser, options, files):
    actions = {action.dest: action for action in parser._actions if action.dest != "help"}
    assert set(actions) == {option.name for option in options} | files
    for option in options:
        told = actions[option.name].help
        assert told.startswith(option.help) and all(str(value) in told for value in option.values)


def test_the_manuals_page_is_the_table():
    """python -m tests.options_table > avatartex_addon/manual/options.md"""
    assert (ADDON / "manual" / "options.md").read_text(encoding="utf-8").rstrip() == render_page().rstrip()
