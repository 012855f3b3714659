"""Blender's properties, the API and Blender's command line are what backend/options.py says."""

from __future__ import annotations

import inspect

import bpy
import pytest


@pytest.fixture
def options(addon):
    return addon("backend.options")


def places(options):
    """Where the artist sets an option: the owner and the options there."""
    head = bpy.context.scene.avatartex.head
    row = bpy.context.scene.avatartex_batch.rows.add()
    return {
        head.avatartex: (*options.APPEARANCE, options.UV_MAP, options.HEAD_GROUP, options.SELECTED_FACES),
        row: (options.STYLE, options.SEED),
        bpy.context.scene.avatartex_variants: (
            options.STYLES,
            options.SEEDS,
            options.SIZE,
            options.FORMAT,
            options.PLACE,
        ),
        head.avatartex_regions: (options.TRUST_PORTRAIT,),
    }


def test_properties_are_made_of_the_table(scene, options):
    for owner, there in places(options).items():
        for option in there:
            own = owner.bl_rna.properties[option.name]
            assert (own.name, own.description) == (option.label, option.tooltip)
            if option.choices:
                told = [(item.identifier, item.name, item.description) for item in own.enum_items]
                assert told == [(str(one.value), one.label, one.tooltip) for one in option.choices]
            elif option is options.SEED:
                assert (own.hard_min, own.hard_max) == option.limits
            if not option.several:
                assert own.default == (str(option.default) if option.choices else option.default)


def test_the_api_has_the_options_of_each_job(addon, options):
    api = addon("api")
    for job in (options.GENERATE, options.REDO):
        arguments = inspect.signature(getattr(api, job)).parameters
        there = options.select(options.API, job)
        names = {option.name for option in there} | {"object", "portrait", "on_progress"}
        assert set(arguments) <= names | {"options"} and ("options" in arguments or set(arguments) == names)
        for option in there:
            assert f"{option.name}:" in getattr(api, job).__doc__


def test_the_api_takes_every_option_of_the_table_and_no_other(scene, addon, options, portrait):
    describe = addon("api").describe
    there = options.select(options.API, options.GENERATE)
    assert {one.name for one in there} >= {"light", "further", "pins", "regions"}
    for option in set(there) - {options.SHELL}:  # an older name of values of HAIR
        assert getattr(describe("Head", portrait, **{option.name: option.default}), option.name) in (option.default, ())
    with pytest.raises(TypeError, match="colour"):
        describe("Head", portrait, colour="red")


@pytest.mark.parametrize(
    ("command", "more"),
    [
        ("generate", {"object", "portrait", "output", "overwrite", "texture", "layers"}),
        ("variants", {"object", "portrait", "output", "overwrite", "show"}),
        ("batch", {*"table portraits match collection shared maps retry output overwrite report".split()}),
    ],
)
def test_the_command_line_has_the_options_of_each_job(addon, options, command, more):
    parser = addon("cli.entry").build_parser()
    [commands] = [action for action in parser._actions if action.dest == "command"]
    actions = {action.dest for action in commands.choices[command]._actions} - {"help"}
    assert actions == {option.name for option in options.select(options.BLENDER, command)} | more


@pytest.mark.parametrize("refused", [{"seed": -1}, {"hair": "wig"}, {"sharing": "all"}])
def test_no_way_in_takes_what_an_option_cannot_be(scene, fake, addon, portrait, refused):
    api = addon("api")
    with pytest.raises(api.AvatarTexError, match=r"\[bad-request\]"):
        api.generate("Head", portrait, **refused)
    if "seed" in refused:
        for ask in (
            lambda: api.redo("Head", **refused),
            lambda: api.batch([{"object": "Head", "portrait": portrait, **refused}]),
            lambda: api.variants("Head", portrait, styles=["cel"], seeds=[-1]),
        ):
            with pytest.raises(api.AvatarTexError):
                ask()
    assert not scene.job.running and not scene.head.material_slots and not scene.head.avatartex_history
    assert not bpy.context.scene.avatartex_batch.rows and addon("session").client().child is None


@pytest.mark.parametrize(("default", "other"), [(True, False), (False, True), (7, 3), (0.5, 0.25), ("a", "b")])
def test_an_option_of_any_type_can_be_remembered(addon, default, other):
    """The first boolean one kept the add-on from registering."""
    option = addon("backend.option").Option("choice", "Choice", default, "", "", remembered=True)
    memory = addon("properties.making").make_memory(option)
    kind = type("AVATARTEX_PG_tried", (bpy.types.PropertyGroup,), {"__annotations__": {"choice": memory}})
    bpy.utils.register_class(kind)
    bpy.types.Scene.avatartex_tried = bpy.props.PointerProperty(type=kind)
    try:
        tried = bpy.context.scene.avatartex_tried
        assert tried.choice == default and type(tried.choice) is type(default)
        tried.choice = other
        assert tried.choice == other
    finally:
        bpy.context.scene.avatartex_tried.property_unset("choice")
        del bpy.types.Scene.avatartex_tried
        bpy.utils.unregister_class(kind)


def test_a_result_remembers_what_its_redo_needs(scene, fake, addon, options, portrait):
    addon("api").generate("Head", portrait, size=512, seed=2, hair="bare", light="even", style="painting")
    bpy.ops.avatartex.regions_fill(kind="REDO", source="ALL")
    job = addon("jobs.describing").describe_redo(scene.head, 9)
    told = {option.name: getattr(job, option.name) for option in options.REMEMBERED}
    asked = {"style": "painting", "light": "even", "hair": "bare", "size": 512, "seed": 9, "sharing": "object"}
    assert told.items() >= asked.items()
