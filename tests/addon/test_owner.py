"""A head owns its portrait, options and results: other heads, copies, linked data and old files."""

from __future__ import annotations

import json
from pathlib import Path

import bpy
import pytest

from .conftest import make_head
from .test_generate import new_material
from .test_history import exchanged, inserted, look, no_slot


@pytest.fixture
def pair(scene, fake, tmp_path):
    """Two heads, each textured from a portrait of its own; the second is active, and none is chosen."""
    second = tmp_path / "second.png"
    second.write_bytes(b"another person")
    other = make_head("Other")
    other.avatartex.portrait, other.avatartex.size = str(second), "512"
    scene.choice.head, scene.other = None, other
    for head in (scene.head, other):
        activate(head)
        assert bpy.ops.avatartex.generate() == {"FINISHED"}
    return scene


def activate(head) -> None:
    for one in bpy.context.view_layer.objects:
        one.select_set(one == head)
    bpy.context.view_layer.objects.active = head


def asked(scene) -> dict:
    return json.loads(Path(scene.job.report_path).read_text())["request"]


def find_obstacles(addon) -> list[str]:
    return [obstacle.code for obstacle in addon("jobs.preflight").find_obstacles(bpy.context)]


def test_another_seed_of_a_head_is_of_its_own_person(pair, portrait):
    activate(pair.head)
    assert bpy.ops.avatartex.new_seed() == {"FINISHED"}
    assert asked(pair)["portrait"] == str(portrait)
    assert [len(head.avatartex_history) for head in (pair.head, pair.other)] == [2, 1]


def test_a_uv_map_of_one_head_is_not_asked_of_others(pair, addon):
    activate(pair.head)
    assert bpy.ops.avatartex.add_uv_map() == {"FINISHED"} and pair.settings.uv_map == "AvatarTex"
    activate(pair.other)
    assert find_obstacles(addon) == [] and bpy.ops.avatartex.generate() == {"FINISHED"}


def test_what_a_script_asked_for_is_what_the_head_is_set_to(pair, addon, portrait, tmp_path):
    side = tmp_path / "side.png"
    side.write_bytes(b"from the left")
    addon("api").generate("Other", portrait, size=1024, seed=7, light="keep", further=[side])
    own = pair.other.avatartex
    assert (own.portrait, own.size, own.seed, own.light) == (str(portrait), "1024", 7, "keep")
    assert [entry.path for entry in pair.other.avatartex_further] == [str(side)]
    addon("api").batch([{"object": "Head", "portrait": tmp_path / "second.png", "style": "anime", "seed": 3}])
    assert (pair.settings.portrait, pair.settings.style, pair.settings.seed) == (
        str(tmp_path / "second.png"),
        "anime",
        3,
    )


@pytest.mark.parametrize("chosen", [True, False])
def test_an_old_files_settings_go_to_its_heads(pair, addon, tmp_path, portrait, chosen):
    """They were the scene's: of the head that was chosen or active, while others keep what theirs was made of."""
    for head in (pair.head, pair.other):
        del stored(addon, head)["avatartex"]
    activate(pair.other)
    pair.choice.head = pair.head if chosen else None
    pair.choice.head = pair.choice.head  # makes the group
    old = stored(addon, bpy.context.scene)["avatartex"]
    old["portrait"], old["size"], old["seed"], old["uv_map"] = "//now.png", 1, 12, "Other Map"
    bpy.ops.wm.save_as_mainfile(filepath=str(tmp_path / "old.blend"))
    bpy.ops.wm.open_mainfile(filepath=str(tmp_path / "old.blend"))
    heads = [bpy.data.objects[name].avatartex for name in ("Head", "Other")]
    made_of = [str(portrait), str(tmp_path / "second.png")]
    now, last = heads if chosen else heads[::-1]
    assert (now.portrait, now.uv_map) == ("//now.png", "Other Map") and last.uv_map == "UVMap"
    assert Path(bpy.path.abspath(last.portrait)).name == Path(made_of[1 if chosen else 0]).name
    sizes = [item.identifier for item in now.bl_rna.properties["size"].enum_items]
    assert {(one.size, one.seed) for one in heads} == {(sizes[1], 12)}
    assert list(stored(addon, bpy.context.scene)["avatartex"].keys()) in ([], ["head"])


@pytest.mark.parametrize(("number", "hair"), [(0, "bare"), (1, "picture"), (2, "shell")])
def test_an_old_files_shell_is_a_choice_of_hair(scene, fake, addon, tmp_path, number, hair):
    """It was an option beside hair, of heads and of their results."""
    scene.settings.hair = "bare"
    assert bpy.ops.avatartex.generate() == {"FINISHED"}
    stored(addon, scene.head)["avatartex"]["shell"] = number
    stored(addon, scene.head)["avatartex_history"][0]["shell"] = ("none", "picture", "object")[number]
    bpy.ops.wm.save_as_mainfile(filepath=str(tmp_path / "old.blend"))
    bpy.ops.wm.open_mainfile(filepath=str(tmp_path / "old.blend"))
    head = bpy.data.objects["Head"]
    assert head.avatartex.hair == head.avatartex_history[0].hair == hair
    assert "shell" not in stored(addon, head)["avatartex"]


def test_a_scripts_shell_is_a_choice_of_hair(scene, addon, portrait):
    """The older name goes on working; there is one choice."""
    describe = addon("api.texturing").describe
    assert [describe("Head", portrait, shell=name).hair for name in ("none", "picture", "object")] == [
        "keep",
        "picture",
        "shell",
    ]
    assert describe("Head", portrait, hair="bare", shell="none").hair == "bare"
    with pytest.raises(addon("backend.errors").AvatarTexError, match="Shell cannot be"):
        describe("Head", portrait, shell="wig")
    scene.settings.shell = "object"
    assert (scene.settings.hair, scene.settings.shell) == ("shell", "object")
    scene.settings.shell = "none"
    assert (scene.settings.hair, scene.settings.shell) == ("keep", "none")
    scene.settings.hair = "hats"
    scene.settings.shell = "none"
    assert scene.settings.hair == "hats"


def stored(addon, thing):
    return addon("scene.versions").stored_values(thing)


def duplicate(kind: str, tmp_path: Path):
    """A copy of the active head, active."""
    head = bpy.context.view_layer.objects.active
    if kind in ("shift-d", "alt-d"):
        bpy.ops.object.duplicate(linked=kind == "alt-d")
        return bpy.context.view_layer.objects.active
    if kind == "link-data":
        copy = bpy.data.objects.new("Linked", head.data)
        bpy.context.scene.collection.objects.link(copy)
    else:
        library = str(tmp_path / "library.blend")
        bpy.data.libraries.write(library, {head})
        bpy.data.objects.remove(head)
        with bpy.data.libraries.load(library, link=True) as (_, into):
            into.objects = ["Head"]
        copy = into.objects[0].override_create()
        bpy.context.scene.collection.objects.link(copy)
    activate(copy)
    return copy


COPIES = ("shift-d", "alt-d", "link-data", "override")


@pytest.fixture(params=COPIES)
def copied(request, scene, fake, tmp_path):
    """A textured head and a copy of it, which is active. scene.before: the head's look."""
    scene.choice.head = None
    scene.head.shape_key_add(name="Basis")
    scene.head.shape_key_add(name="jawOpen").data[0].co.z -= 0.01
    activate(scene.head)
    inserted(scene.head)
    assert bpy.ops.avatartex.generate() == {"FINISHED"}
    scene.before = None if request.param == "override" else look(scene.head)
    scene.copy = duplicate(request.param, tmp_path)
    scene.kind = request.param
    return scene


def same(scene) -> bool:
    """Whether the head that was copied looks as before."""
    return scene.before is None or json.loads(look(scene.head))[:4] == json.loads(scene.before)[:4]


def test_the_texture_of_a_copy_is_saved(copied, tmp_path):
    assert bpy.ops.avatartex.save_texture(filepath=str(tmp_path / "copy.png")) == {"FINISHED"}
    assert (tmp_path / "copy.png").stat().st_size


def test_regions_of_a_copy_are_its_own(copied, addon):
    assert bpy.ops.avatartex.regions_fill(kind="REDO", source="ALL") == {"FINISHED"}
    assert bpy.ops.avatartex.redo_regions(seed=5) == {"FINISHED"} and same(copied)
    entry = addon("scene.history").find_shown_result(copied.copy)
    assert entry.id_data == copied.copy and entry.redone
    assert bpy.ops.avatartex.previous() == {"FINISHED"} if copied.kind != "link-data" else True
    assert same(copied)


def test_expression_maps_of_a_copy_are_its_own(copied):
    assert bpy.ops.avatartex.add_expressions() == {"FINISHED"} and same(copied)
    [material] = {slot.material for slot in copied.copy.material_slots}
    assert "AvatarTex Expressions" in material.node_tree.nodes
    keys = copied.copy.data.shape_keys
    drivers = copied.copy.avatartex_expressions.group.animation_data.drivers
    assert {target.id for one in drivers for name in one.driver.variables for target in name.targets} == {keys}
    copied.copy.avatartex_expressions.folds = 0.5
    assert material.node_tree.nodes["AvatarTex Expressions"].inputs["Folds"].default_value == 0.5


@pytest.mark.parametrize("prepare", [exchanged, inserted, no_slot])
@pytest.mark.parametrize("kind", ["shift-d", "alt-d"])
def test_a_copy_goes_back_alone(scene, fake, tmp_path, kind, prepare):
    scene.choice.head = None
    activate(scene.head)
    prepare(scene.head)
    untouched = json.loads(look(scene.head))[1:4]
    bpy.ops.avatartex.generate()
    copy, before = duplicate(kind, tmp_path), json.loads(look(scene.head))[:4]
    copy.avatartex_mix.factor = 0.5
    assert "AvatarTex Mix" in str(look(copy)) and json.loads(look(scene.head))[:4] == before
    copy.avatartex_mix.factor = 1.0
    bpy.ops.avatartex.compare()
    assert json.loads(look(scene.head))[:4] == before
    bpy.ops.avatartex.compare()
    assert bpy.ops.avatartex.restore() == {"FINISHED"}
    assert json.loads(look(scene.head))[:4] == before
    if prepare is not no_slot:  # links are as they were, in a material of its own
        assert json.loads(look(copy))[3] == untouched[2]
    activate(scene.head)
    assert bpy.ops.avatartex.restore() == {"FINISHED"}


def test_an_override_in_a_file_knows_its_texture(scene, fake, addon, tmp_path):
    activate(scene.head)
    scene.choice.head = None
    new_material("Skin", scene.head)
    copy = duplicate("override", tmp_path)
    assert bpy.ops.avatartex.generate() == {"FINISHED"}
    addon("scene.pins").set_pin(copy, "chin", location=(0, 1, 2))
    addon("scene.portraits").add_further(copy, "//side.png")
    bpy.ops.wm.save_as_mainfile(filepath=str(tmp_path / "shot.blend"))
    bpy.ops.wm.open_mainfile(filepath=str(tmp_path / "shot.blend"))
    copy = next(one for one in bpy.data.objects if one.override_library is not None)
    activate(copy)
    assert copy.avatartex.portrait and copy.avatartex.size == "512"
    assert [pin.name for pin in copy.avatartex_pins] == ["chin"]
    assert [entry.path for entry in copy.avatartex_further] == ["//side.png"]
    assert bpy.ops.avatartex.save_texture(filepath=str(tmp_path / "copy.png")) == {"FINISHED"}
    assert bpy.ops.avatartex.restore() == {"FINISHED"} and copy.material_slots[0].material.name == "Skin"
    bpy.ops.avatartex.show_result(index=0)
    assert bpy.ops.avatartex.regions_fill(kind="REDO", source="ALL") == {"FINISHED"}
    assert bpy.ops.avatartex.redo_regions(seed=5) == {"FINISHED"}


def test_what_was_linked_to_a_head_keeps_the_texture(scene, fake, tmp_path):
    scene.choice.head = None
    activate(scene.head)
    inserted(scene.head)
    bpy.ops.avatartex.generate()
    copy = duplicate("link-data", tmp_path)
    before = json.loads(look(copy))[:4]
    activate(scene.head)
    bpy.ops.avatartex.restore()
    assert json.loads(look(copy))[:4] == before


def test_previous_is_the_last_texture(scene, fake, addon):
    shown = addon("scene.history").find_shown
    assert not bpy.ops.avatartex.previous.poll()
    for seed in (1, 2, 3):
        scene.settings.seed = seed
        bpy.ops.avatartex.generate()
    bpy.ops.avatartex.show_result(index=0)
    assert bpy.ops.avatartex.previous() == {"FINISHED"} and shown(scene.head) == 2
    assert bpy.ops.avatartex.previous() == {"FINISHED"} and shown(scene.head) == 0


def test_a_variant_that_is_shown_is_what_is_saved(scene, fake, tmp_path):
    bpy.ops.avatartex.generate()
    wanted = bpy.context.scene.avatartex_variants
    wanted.styles, wanted.size = {"cel"}, "512"
    bpy.ops.avatartex.variants_bake()
    bpy.ops.avatartex.variant_show(index=0)
    assert bpy.ops.avatartex.save_texture(filepath=str(tmp_path / "cel.png")) == {"FINISHED"}
    [image] = [one for one in bpy.data.images if one.name.startswith("Head cel")]
    assert (tmp_path / "cel.png").read_bytes() == image.packed_file.data


def test_what_further_portraits_added_is_said(addon, tmp_path):
    report = {
        "further": [
            {"portrait": "left.jpg", "used": True, "texels": 0.006},
            {"portrait": "other.jpg", "used": False, "texels": 0.0},
        ]
    }
    (tmp_path / "report.json").write_text(json.dumps(report))
    describe = addon("core.job").describe_further
    assert describe(tmp_path / "report.json") == ("'left.jpg' gave 0.6% of the head's texels.",)
    (tmp_path / "report.json").write_text(json.dumps({"further": "?"}))
    assert describe(tmp_path / "report.json") == describe(tmp_path / "none.json") == ()


def test_a_large_model_that_is_absent_leads_to_its_download(scene, addon, monkeypatch):
    store, preflight = addon("setup.model_store"), addon("jobs.preflight")
    scene.settings.profile = "sdxl"
    monkeypatch.setattr(store, "states", dict)
    [unknown] = preflight.find_obstacles(bpy.context)
    assert unknown.operator == "avatartex.look_at_models" and not unknown.stops
    monkeypatch.setattr(store, "states", lambda: {"sdxl": {"state": "missing", "gigabytes": 12.0}})
    [absent] = preflight.find_obstacles(bpy.context)
    assert absent.operator == "avatartex.download_model" and absent.values == {"profile": "sdxl"}
    assert "to download" in absent.message and "of memory" in absent.message
    monkeypatch.setattr(store, "states", lambda: {"sdxl": {"state": "here", "gigabytes": 12.0}})
    assert preflight.find_obstacles(bpy.context) == []


def test_scripts_are_refused_while_the_add_on_is_off(scene, addon, portrait):
    import addon_utils

    from .conftest import PACKAGE

    api = addon("api")
    addon_utils.disable(PACKAGE)
    try:
        for call in (
            lambda: api.generate("Head", portrait),
            lambda: api.batch([("Head", portrait)]),
            lambda: api.redo("Head", seed=1),
            lambda: api.show_variant("Head", "cel"),
            lambda: api.run(api.HeadJob("Head", str(portrait))),
        ):
            with pytest.raises(api.AvatarTexError, match="not enabled"):
                call()
    finally:
        addon_utils.enable(PACKAGE)


def test_a_result_shows_the_head_and_not_the_atlas(scene, fake):
    """The backend's picture from the front, as variants have it; 64 pixels of a gradient here."""
    bpy.ops.avatartex.generate()
    preview = scene.head.avatartex_history[0].image.preview
    assert tuple(preview.image_size) == (64, 64)


def test_a_picture_is_dropped_onto_a_head_that_is_not_active(scene, addon, portrait):
    scene.choice.head, bpy.context.view_layer.objects.active = None, None
    assert not bpy.ops.avatartex.pick_portrait.poll() and bpy.ops.avatartex.drop_portrait.poll()
    with pytest.raises(RuntimeError, match="Select a head"):
        bpy.ops.avatartex.drop_portrait(filepath=str(portrait))
