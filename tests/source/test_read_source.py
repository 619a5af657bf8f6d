"""/source/read: the pinned version, the pages of each format, and documents that cannot be read."""

from __future__ import annotations

import asyncio
import hashlib
from pathlib import Path

import pypdfium2
import pytest
from reportlab.lib.pdfencrypt import StandardEncryption

from stepflow_assets.errors import (
    DocumentChanged,
    DocumentDamaged,
    DocumentEncrypted,
    DocumentNotFound,
    SettingsError,
)
from stepflow_assets.resources.passwords import Passwords
from tests.pages.pdf_files import article, image_bytes, line, pdf, scan
from tests.source.component_calls import component_calls

pytestmark = pytest.mark.process
SECRET = "open sesame 42"


def encrypted(file: Path, user: str = SECRET) -> Path:
    return pdf(file, line("Behind the password"), encrypt=StandardEncryption(user, ownerPassword="owner", strength=128))


def test_a_pdf_is_listed_page_by_page(tmp_path: Path) -> None:
    file = pdf(tmp_path / "a.pdf", article(), article(), article())
    with component_calls() as calls:
        listing = asyncio.run(calls.read(file))
        assert calls.numbers[-1] == {"bytes": file.stat().st_size, "pages": 3}
        assert asyncio.run(calls.artifacts.get(listing.source.id)) == file.read_bytes()
    assert (listing.format, listing.media_type, listing.page_count) == ("pdf", "application/pdf", 3)
    assert [(item.page, item.format) for item in listing.pages] == [(1, "pdf"), (2, "pdf"), (3, "pdf")]
    assert listing.sha256 == listing.source.id == hashlib.sha256(file.read_bytes()).hexdigest()


def test_a_format_without_pages_is_one_part(tmp_path: Path) -> None:
    file = tmp_path / "notes.md"
    file.write_text("# Notes\n")
    with component_calls() as calls:
        listing = asyncio.run(calls.read(file))
        assert "pages" not in calls.numbers[-1]
    assert listing.page_count is None
    assert [(item.page, item.format) for item in listing.pages] == [(None, "md")]


def test_frames_of_a_tiff_are_listed(tmp_path: Path) -> None:
    file = tmp_path / "fax.tif"
    file.write_bytes(image_bytes(scan((200, 300)), "TIFF", save_all=True, append_images=[scan((200, 300))] * 2))
    with component_calls() as calls:
        listing = asyncio.run(calls.read(file))
    assert (listing.format, listing.media_type, listing.page_count) == ("image", "image/tiff", 3)


def test_a_name_with_spaces_and_umlauts_breaks_ties_all_the_same(tmp_path: Path) -> None:
    file = tmp_path / "Übersicht für März %20.md"
    file.write_text("plain words")
    with component_calls() as calls:
        assert asyncio.run(calls.read(file)).format == "md"


def test_bytes_that_are_not_the_pinned_version_are_refused(tmp_path: Path) -> None:
    file = pdf(tmp_path / "a.pdf", article())
    with component_calls() as calls, pytest.raises(DocumentChanged) as caught:
        asyncio.run(calls.read(file, version="0" * 64))
    assert caught.value.retryable


def test_a_file_that_is_gone_is_not_found(tmp_path: Path) -> None:
    with component_calls() as calls, pytest.raises(DocumentNotFound):
        asyncio.run(calls.read(tmp_path / "gone.pdf", version="0" * 64))


@pytest.mark.parametrize("part", [0.0, 0.1, 0.5])
def test_what_is_left_of_a_pdf_is_damaged(part: float, tmp_path: Path) -> None:
    whole = pdf(tmp_path / "a.pdf", article()).read_bytes()
    file = tmp_path / "b.pdf"
    file.write_bytes(whole[: int(len(whole) * part)])
    with component_calls() as calls, pytest.raises(DocumentDamaged):
        asyncio.run(calls.read(file))


def test_an_encrypted_pdf_needs_its_password(tmp_path: Path) -> None:
    file = encrypted(tmp_path / "a.pdf")
    with component_calls() as calls, pytest.raises(DocumentEncrypted, match="no password was given") as caught:
        asyncio.run(calls.read(file))
    assert "--password-file" in caught.value.next_step


def test_a_wrong_password_is_not_repeated_in_the_error(tmp_path: Path) -> None:
    file = encrypted(tmp_path / "a.pdf")
    with component_calls(["wrong one"]) as calls, pytest.raises(DocumentEncrypted) as caught:
        asyncio.run(calls.read(file))
    assert "none of the 1 given passwords" in str(caught.value)
    assert "wrong one" not in repr(caught.value.__dict__)


def test_with_its_password_an_encrypted_pdf_is_read_like_any(tmp_path: Path) -> None:
    file = encrypted(tmp_path / "a.pdf")

    async def words() -> str:
        (content,) = await calls.contents(file)
        return " ".join(cell.text for cell in await calls.cells(content))

    with component_calls(["wrong one", SECRET]) as calls:
        assert asyncio.run(words()) == "Behind the password"
        assert SECRET not in repr(calls)


def test_a_pdf_that_only_restricts_what_its_owner_did_not_allow_opens(tmp_path: Path) -> None:
    file = encrypted(tmp_path / "a.pdf", user="")
    with component_calls() as calls:
        assert asyncio.run(calls.read(file)).page_count == 1


def test_a_pdf_without_pages_is_damaged(tmp_path: Path) -> None:
    file = tmp_path / "a.pdf"
    document = pypdfium2.PdfDocument.new()
    document.save(str(file))
    with component_calls() as calls, pytest.raises(DocumentDamaged):
        asyncio.run(calls.read(file))


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig"])
def test_passwords_come_one_a_line_and_stay_hidden(encoding: str, tmp_path: Path) -> None:
    file = tmp_path / "passwords"
    file.write_text(f"first\n\n{SECRET}\n", encoding=encoding)
    passwords = Passwords.from_file(file)
    assert passwords.candidates == ("first", SECRET)
    assert SECRET not in repr(passwords)
    assert Passwords.from_file(None).candidates == ()
    with pytest.raises(SettingsError):
        Passwords.from_file(tmp_path / "missing")
