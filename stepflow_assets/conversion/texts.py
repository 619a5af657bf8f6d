"""Formats of plain text: by what they begin with, then by the name, then by how they look."""

from __future__ import annotations

import re

HEAD = 64 * 1024  # bytes looked at
_UTF16 = (b"\xff\xfe", b"\xfe\xff")
_PROLOGUE = re.compile(r"(?:\s|<\?[^>]*\?>|<!--.*?-->)*", re.DOTALL)
_ROOT = re.compile(r"<(?:[\w.-]+:)?([\w.-]+)")
_DOCTYPE = re.compile(r"<!DOCTYPE\s+([\w.:-]+)([^>\[]*)", re.IGNORECASE)
_HEADER = re.compile(r"^([A-Za-z][A-Za-z0-9-]*):[ \t]?.*$")
_MAIL_TEXT = "from to cc subject date received return-path message-id mime-version delivered-to reply-to sender"
_MAIL_HEADERS = frozenset(_MAIL_TEXT.split())
_BY_SUFFIX = {
    "md": "md",
    "markdown": "md",
    "qmd": "md",
    "rmd": "md",
    "adoc": "asciidoc",
    "asciidoc": "asciidoc",
    "asc": "asciidoc",
    "csv": "csv",
    "tsv": "csv",
    "tab": "csv",
    "txt": "txt",
    "text": "txt",
    "log": "txt",
    "tex": "latex",
    "latex": "latex",
    "html": "html",
    "htm": "html",
    "xhtml": "html",
    "vtt": "vtt",
    "eml": "eml",
}
_MARKDOWN = re.compile(r"^(#{1,6} \S|\s*[-*+] \S|```|\|.*\|\s*$|> )", re.MULTILINE)


def decoded(data: bytes) -> str | None:
    """The text, or None when the bytes are no text. A character cut at the end is not held against them."""
    if data.startswith(_UTF16):
        return data[: len(data) // 2 * 2].decode("utf-16", "ignore")
    if b"\0" in data:
        return None
    try:
        return data.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        if error.start >= len(data) - 3:
            return data[: error.start].decode("utf-8-sig")
    controls = sum(byte < 32 and byte not in (9, 10, 12, 13, 27) for byte in data)
    return None if controls > len(data) // 200 else data.decode("cp1252", "replace")


def signed_format(text: str, data: bytes) -> str | None:
    """The format that the text says it is; a name that is no known format describes what it is instead."""
    start = text.lstrip("\ufeff \t\r\n")
    if re.match(r"WEBVTT(\s|$)", start):
        return "vtt"
    if start.startswith("<"):
        found = _markup(start)
        if found:
            return found
    if start.startswith("{") and re.search(r'"schema_name"\s*:\s*"DoclingDocument"', text):
        return "docling"
    if re.search(r"^\s*\\documentclass\b", text, re.MULTILINE):
        return "latex"
    if _is_mail(start):
        return "a web archive (MHTML)" if b"Snapshot-Content-Location" in data[:HEAD] else "eml"
    return None


def format_by_suffix(suffix: str) -> str | None:
    return _BY_SUFFIX.get(suffix)


def format_by_look(text: str) -> str:
    """For names that say nothing: regular rows are CSV, marks of Markdown are Markdown, anything else is plain text."""
    lines = [line for line in text.splitlines()[:50] if line.strip()]
    for delimiter in (",", ";", "\t"):
        counts = {line.count(delimiter) for line in lines}
        if len(lines) >= 3 and len(counts) == 1 and counts != {0}:
            return "csv"
    return "md" if len(_MARKDOWN.findall(text)) >= 2 else "txt"


def _markup(start: str) -> str | None:
    body = start[_PROLOGUE.match(start).end() :]  # type: ignore[union-attr]
    doctype = _DOCTYPE.match(body)
    if doctype:
        root, identifier = doctype.group(1).lower(), doctype.group(2)
        if root == "html":
            return "html"
        if root == "article" and re.search(r"JATS|NLM|archivearticle|journalpublishing", identifier, re.IGNORECASE):
            return "jats"
    match = _ROOT.search(body)
    root = match.group(1).lower() if match else ""
    if root == "html" or (root in ("head", "body") and start.startswith("<")):
        return "html"
    if root == "article" and re.search(r"article-type|dtd-version|<front\b|jats", body[:4000], re.IGNORECASE):
        return "jats"
    if root.startswith(("us-patent-", "patent-application-publication")) or root == "patdoc":
        return "uspto"
    return "XML of an unknown kind" if start.startswith("<?xml") else None


def _is_mail(start: str) -> bool:
    names = []
    for line in start.splitlines()[:60]:
        if not line.strip():
            break
        if line[0] in " \t":
            continue
        match = _HEADER.match(line)
        if match is None:
            return False
        names.append(match.group(1).lower())
    return len(_MAIL_HEADERS.intersection(names)) >= 2
