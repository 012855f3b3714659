"""The manual's pages as a browser shows them: the few forms of Markdown that they use, as HTML.

    python docs/manual_pages.py FOLDER

writes them beside the pages in FOLDER; build.py does so for the zip.
"""

from __future__ import annotations

import html
import re
import sys
from pathlib import Path

STYLE = """body { max-width: 46em; margin: 2em auto; padding: 0 1em; font: 16px/1.5 sans-serif; color: #222 }
img { max-width: 100%; max-height: 40em } pre { background: #f2f2f2; padding: 0.7em; overflow: auto }
table { border-collapse: collapse } td, th { border: 1px solid #ccc; padding: 0.2em 0.6em; text-align: left }"""
#: How a line begins that goes on with a list; the number or dash and the text.
ENTRY = re.compile(r"(-|\d+\.) +(.*)")


def write_pages(manual: Path) -> None:
    """Every page of the manual as HTML beside it."""
    for page in manual.glob("*.md"):
        page.with_suffix(".html").write_text(to_html(page.read_text(encoding="utf-8")), encoding="utf-8")


def to_html(text: str) -> str:
    """A whole page. Paragraphs are parted by empty lines."""
    title = next((line[2:] for line in text.splitlines() if line.startswith("# ")), "AvatarTex")
    body = "\n".join(block_of(block) for block in re.split(r"\n\s*\n", text.strip("\n")))
    return (
        f"<!doctype html><html><head><meta charset='utf-8'><title>{html.escape(title)}</title>"
        f"<style>{STYLE}</style></head><body>\n{body}\n</body></html>\n"
    )


def block_of(block: str) -> str:
    lines = block.splitlines()
    if heading := re.match(r"(#+) (.*)", block):
        level = len(heading[1])
        rest = "\n".join(lines[1:])
        return f"<h{level}>{inline(heading[2])}</h{level}>" + (block_of(rest) if rest else "")
    if all(line.startswith("    ") for line in lines):
        return "<pre>" + html.escape("\n".join(line[4:] for line in lines)) + "</pre>"
    if lines[0].startswith("|"):
        rows = [line.strip("|").split("|") for line in lines if not re.fullmatch(r"[|\-: ]+", line)]
        cells = ["".join(f"<td>{inline(cell.strip())}</td>" for cell in row) for row in rows]
        return "<table>" + "".join(f"<tr>{row}</tr>" for row in cells) + "</table>"
    if ENTRY.match(lines[0]):
        return list_of(lines)
    return f"<p>{inline(' '.join(lines))}</p>"


def list_of(lines: list[str]) -> str:
    entries: list[str] = []
    for line in lines:
        begun = ENTRY.match(line)
        entries += [begun[2]] if begun else []
        if not begun:
            entries[-1] += f" {line.strip()}"
    first = ENTRY.match(lines[0])[1]
    opened, closed = ("<ul>", "</ul>") if first == "-" else (f"<ol start='{first[:-1]}'>", "</ol>")
    return opened + "".join(f"<li>{inline(entry)}</li>" for entry in entries) + closed


def inline(text: str) -> str:
    """Code, pictures, links, bold and slanted words."""
    parts = re.split(r"`([^`]+)`", text)
    for place, part in enumerate(parts):
        part = html.escape(part, quote=False)
        if place % 2:
            parts[place] = f"<code>{part}</code>"
            continue
        part = re.sub(r"!\[([^]]*)\]\(([^)]+)\)", picture, part)
        part = re.sub(r"\[([^]]*)\]\(([^):]+)\.md(#[^)]*)?\)", r"<a href='\2.html\3'>\1</a>", part)
        part = re.sub(r"\[([^]]*)\]\(([^)]+)\)", r"<a href='\2'>\1</a>", part)
        part = re.sub(r"\*\*([^*]+)\*\*", r"<b>\1</b>", part)
        parts[place] = re.sub(r"\*([^*]+)\*", r"<i>\1</i>", part)
    return "".join(parts)


def picture(found: re.Match[str]) -> str:
    return f"<img alt='{html.escape(found[1])}' src='{html.escape(found[2])}'>"


if __name__ == "__main__":
    write_pages(Path(sys.argv[1]))
