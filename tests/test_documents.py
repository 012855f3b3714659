"""The documents: links lead somewhere, what they name exists, commands and options are those of the code."""

from __future__ import annotations

import contextlib
import importlib.util
import io
import re
import shlex
from collections.abc import Iterator
from functools import cache
from pathlib import Path

from backend.option import BACKEND, GENERATE, REDO
from backend.options import OPTIONS, select

ROOT = Path(__file__).resolve().parents[1]
DECISIONS, GITHUB = ROOT / "docs" / "decisions", ROOT / ".github"
#: What speaks of today; the changelog names commands that are gone.
TODAY = [
    ROOT / "README.md",
    ROOT / "SECURITY.md",
    ROOT / "backend" / "models" / "MODEL_CARD.md",
    *sorted((ROOT / "docs").rglob("*.md")),
    *sorted((ROOT / "avatartex_addon" / "manual").glob("*.md")),
]
ALL = [*TODAY, ROOT / "CHANGELOG.md", *sorted(GITHUB.rglob("*.md"))]
#: Where a path in a document may begin.
ROOMS = [ROOT, ROOT / "backend", ROOT / "avatartex_addon", ROOT / "tests"]
#: The longest page about decisions, in lines.
SHORT = 60


def name(page: Path) -> str:
    return page.relative_to(ROOT).as_posix()


def text(page: Path) -> str:
    return page.read_text(encoding="utf-8")


def links(page: Path) -> list[str]:
    targets = re.findall(r"\]\(([^)]+)\)", text(page))
    return [target.split("#")[0] for target in targets if not target.startswith(("https://", "#"))]


def anchors(page: Path) -> set[str]:
    """What a link to a heading of the page may have after its #, as GitHub makes it."""
    headings = re.findall(r"^#+ (.+)$", text(page), re.MULTILINE)
    return {re.sub(r"[^\w -]", "", heading.lower()).replace(" ", "-") for heading in headings}


def code(page: Path) -> list[str]:
    """Lines of code blocks without their comments, and code in the running text."""
    lines = text(page).splitlines()
    prose = "\n".join(line for line in lines if not line.startswith("    "))
    return [
        *(line.split("  #")[0].strip() for line in lines if line.startswith("    ")),
        *(" ".join(words.split()) for words in re.findall(r"`([^`]+)`", prose)),
    ]


def commands(start: str) -> Iterator[tuple[str, list[str]]]:
    """Page and the words that follow, for each command of all pages that starts like this."""
    for page in TODAY:
        for line in code(page):
            if found := re.search(rf"(?:^|\s){re.escape(start)}(?=\s|$)(.*)", line):
                yield name(page), shlex.split(found[1].replace("…", ""))


def options(words: list[str] | str) -> set[str]:
    """The long options among the words of a command, or in its help."""
    return set(re.findall(r"(?<!\S)--[a-z][a-z-]*", words if isinstance(words, str) else " ".join(words))) - {"--help"}


@cache
def told(*command: str) -> str:
    """What a command says of itself: of build.py, backend or backend.lab."""
    module, said = importlib.import_module(command[0]), io.StringIO()
    with contextlib.redirect_stdout(said), contextlib.redirect_stderr(said), contextlib.suppress(SystemExit):
        module.main([*command[1:], "--help"])
    return re.sub(r"[\[\],]", " ", said.getvalue())


def test_links_lead_somewhere():
    assert [(name(page), link) for page in ALL for link in links(page) if not (page.parent / link).exists()] == []


def test_links_to_headings_find_them():
    found = [
        (page, *target.split("#"))
        for page in ALL
        for target in re.findall(r"\]\(([^)]+)\)", text(page))
        if "#" in target and not target.startswith("https://")
    ]
    assert found
    assert [
        (name(page), file, heading)
        for page, file, heading in found
        if heading not in anchors((page.parent / file).resolve() if file else page)
    ] == []


def test_every_document_is_reached_from_the_readme():
    reached, waiting = set(), [ROOT / "README.md"]
    while waiting:
        page = waiting.pop()
        if page not in reached:
            reached.add(page)
            waiting += [(page.parent / link).resolve() for link in links(page) if link.endswith(".md")]
    assert {name(page) for page in [*TODAY, ROOT / "CHANGELOG.md"]} - {name(page) for page in reached} == set()


def test_the_readme_is_one_page_with_a_picture():
    readme = text(ROOT / "README.md")
    assert len(readme.splitlines()) < 120
    pictures = re.findall(r"!\[[^\]]+\]\(([^)]+)\)", readme)
    assert pictures
    assert all((ROOT / picture).stat().st_size < 300_000 for picture in pictures)


def test_files_and_folders_exist():
    """From the root, or from the room that a page speaks of."""
    paths = [
        (page, path)
        for page in TODAY
        for path in code(page)
        if re.fullmatch(r"[\w.]+/([\w.-]+/)*([\w-]+\.(py|npz|json|md|yml|txt))?", path)
    ]
    assert paths
    assert [
        (name(page), path) for page, path in paths if not any((room / path).exists() for room in [page.parent, *ROOMS])
    ] == []


def test_tests_that_are_named_exist():
    named = [path.split("::") for page in TODAY for path in code(page) if "::test_" in path]
    assert len(named) > 20
    assert [
        name
        for file, name in named
        if not re.search(rf"^ *def {name}\(", (ROOT / "tests" / file).read_text(encoding="utf-8"), re.MULTILINE)
    ] == []


def test_commands_of_the_build_exist():
    for page, words in commands("python3 build.py"):
        assert words[0] == "--help" or f"build.py {words[0]}" in told("build"), (page, words)
        if words[0] != "test" or "--bpy" in words:  # what else follows test is pytest's
            assert options(words) <= options(told("build")), (page, words)


def test_commands_of_the_backend_exist():
    known = re.search(r"\{(\S.+?)\}", told("backend.__main__"))[1].split()
    for page, words in commands("python -m backend"):
        while words and words[0].startswith("--"):  # --weights DIR before the command
            words = words[2:]
        if words and words[0] != "COMMAND":
            assert words[0] in known, (page, words)
            assert options(words) <= options(told("backend.__main__", words[0])), (page, words)


def test_commands_of_the_laboratory_exist():
    from backend.lab.__main__ import COMMANDS

    groups = {command.split()[0] for command in COMMANDS}
    for page, words in commands("python -m backend.lab"):
        spoken = next((" ".join(words[:n]) for n in (2, 1) if words and " ".join(words[:n]) in COMMANDS), None)
        if spoken is None:  # the laboratory itself, or a group of its commands
            assert not words or (len(words) == 1 and words[0] in groups), (page, words)
        elif options(words):
            assert options(words) <= options(told("backend.lab.__main__", *spoken.split())), (page, words)


def test_other_modules_and_scripts_exist():
    for page in TODAY:
        for line in code(page):
            assert all(importlib.util.find_spec(module) for module in re.findall(r"python -m ([\w.]+)", line)), line
            assert all((ROOT / script).is_file() for script in re.findall(r"python (docs/\S+\.py)", line)), line


def test_commands_of_blender_exist():
    modules = [path for path in (ROOT / "avatartex_addon").rglob("*.py") if "cli" in path.relative_to(ROOT).as_posix()]
    source = re.sub(r"\s+", "", "".join(text(path) for path in modules))
    named = set(re.findall(r'"(--[a-z-]+)"', source))
    named |= {f"--{option.name.replace('_', '-')}" for option in OPTIONS}
    for page, words in commands("--command avatartex"):
        assert f'add_command(commands,"{words[0]}"' in source, (page, words)
        assert options(words) <= named, (page, words)


def test_the_table_of_options_is_that_of_generate():
    """But for those that the manual's own table has (manual/options.md)."""
    section = text(ROOT / "docs" / "command_line.md").split("## generate")[1].split("\n## ")[0]
    listed = set(re.findall(r"^\| `(--[a-z-]+)", section, re.MULTILINE))
    shared = {"--" + option.name.replace("_", "-") for option in select(BACKEND, GENERATE, REDO)}
    assert listed == options(told("backend.__main__", "generate")) - shared - {"--capture"}  # which is the add-on's own


def test_every_decision_is_short_and_listed():
    pages = {page.name: text(page) for page in DECISIONS.glob("*.md") if page.name not in {"README.md", "archive.md"}}
    assert set(re.findall(r"^\| .*?\]\(([\w-]+\.md)\) \|", text(DECISIONS / "README.md"), re.MULTILINE)) == set(pages)
    assert [file for file, page in pages.items() if len(page.splitlines()) > SHORT] == []


def test_numbers_of_decisions_lead_somewhere():
    """In the archive, or in the table of those that hold."""
    archived = [int(number) for number in re.findall(r"^## (\d+)\. ", text(DECISIONS / "archive.md"), re.MULTILINE)]
    assert archived == list(range(1, len(archived) + 1))
    rows = [row for row in text(DECISIONS / "README.md").splitlines() if row.startswith("| [")]
    known = {*archived, *(int(number) for row in rows for number in re.findall(r"\d+", row.split("|")[-2]))}
    sources = [
        *ALL,
        *(path for room in ("backend", "avatartex_addon", "tests") for path in (ROOT / room).rglob("*.py")),
    ]
    named = [(name(path), int(n)) for path in sources for n in re.findall(r"[Dd]ecisions?\s+(\d+)", text(path))]
    assert len(named) > 2
    assert [(page, number) for page, number in named if number not in known] == []


def test_the_house_is_drawn_as_it_is():
    spec = importlib.util.spec_from_file_location("house", ROOT / "docs" / "house.py")
    house = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(house)
    assert text(house.TARGET) == house.draw(), "run python docs/house.py"


def test_actions_are_pinned():
    used = [word for path in GITHUB.glob("workflows/*.yml") for word in re.findall(r"uses: *(\S+)", text(path))]
    assert used
    assert [word for word in used if not re.search(r"@[0-9a-f]{40}$", word)] == []
