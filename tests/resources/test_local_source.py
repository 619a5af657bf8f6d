"""Local sources: what is listed, found and read, whatever files are called and however they change."""

from __future__ import annotations

import hashlib
import os
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from stepflow_assets.documents.identity import document_id, split_document_id
from stepflow_assets.errors import DocumentChanged, DocumentError, DocumentNotFound, DocumentTooLarge
from stepflow_assets.resources import local_files
from stepflow_assets.resources.local_files import file_of, file_uri
from stepflow_assets.resources.local_source import LocalFilesSource, LocalFolderSource

ODD_NAMES = [
    "plain.pdf",
    "with space & ünïcode.pdf",
    "NFD e\u0301.pdf",
    "not utf-8 \udcff\udcfe.pdf",
    "line\nbreak.pdf",
    "tab\tdel\x7f.pdf",
    "three...dots.pdf",
    "per%cent%20.pdf",
    "%0A.pdf",
    "question?#fragment&.pdf",
    "ends in ~0123456789abcdef",
    "quote'\"\\.pdf",
    "日本語.pdf",
    "x" * 250 + ".pdf",
]


def write(root: Path, *names: str, data: bytes = b"x") -> None:
    for name in names:
        file = root / name
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_bytes(data)


def paths(documents) -> list[str]:
    return [document.path for document in documents]


@pytest.fixture
def root(tmp_path: Path) -> Path:
    folder = tmp_path / "documents"
    folder.mkdir()
    return folder


@pytest.fixture
def source(root: Path) -> LocalFolderSource:
    return LocalFolderSource("docs", root, max_bytes=1000)


class TestListing:
    def test_files_come_in_the_order_of_their_paths(self, root, source):
        names = ["b", "a/z", "a-b", "a.pdf", "a/b/c", "B", "ä"]
        write(root, *names)
        assert paths(source.list()) == sorted(names)

    def test_what_is_known_of_a_file_without_reading_it(self, root, source):
        write(root, "a/b.pdf", data=b"12345")
        [seen] = source.list()
        status = (root / "a/b.pdf").stat()
        assert (seen.document_id, seen.source, seen.path, seen.bytes) == ("docs:a/b.pdf", "docs", "a/b.pdf", 5)
        assert seen.uri == (root / "a/b.pdf").as_uri()
        assert seen.stamp == f"5-{status.st_mtime_ns}-{status.st_ino}"

    def test_hidden_files_and_folders_are_left_out(self, root, source):
        write(root, ".hidden", ".git/config", "a/.DS_Store", "a/b")
        assert paths(source.list()) == ["a/b"]
        assert source.find(".hidden") is source.find(".git/config") is None

    def test_only_regular_files_are_documents(self, root, source):
        os.mkfifo(root / "fifo")
        (root / "empty folder").mkdir()
        assert list(source.list()) == []
        assert source.find("fifo") is source.find("empty folder") is None

    @pytest.mark.parametrize(
        ("include", "exclude", "listed"),
        [
            ((), (), ["a.pdf", "b.txt", "drafts/c.pdf", "drafts/old/d.pdf"]),
            (("*.pdf",), (), ["a.pdf", "drafts/c.pdf", "drafts/old/d.pdf"]),
            (("*.pdf", "*.txt"), ("drafts",), ["a.pdf", "b.txt"]),
            (("drafts/*",), ("old",), ["drafts/c.pdf"]),
            ((), ("*.pdf",), ["b.txt"]),
            (("*.PDF",), (), []),
        ],
    )
    def test_patterns_choose(self, root, include, exclude, listed):
        names = ["a.pdf", "b.txt", "drafts/c.pdf", "drafts/old/d.pdf"]
        write(root, *names)
        source = LocalFolderSource("docs", root, include=include, exclude=exclude)
        assert paths(source.list()) == listed
        assert [name for name in names if source.find(name)] == listed

    def test_a_missing_folder_is_told(self, tmp_path):
        with pytest.raises(DocumentNotFound, match="nowhere"):
            list(LocalFolderSource("docs", tmp_path / "nowhere").list())

    def test_a_part_of_the_folder(self, root, source):
        write(root, "a/1", "a/2", "b/3")
        assert paths(source.below(root / "a")) == ["a/1", "a/2"]
        assert paths(source.below(root / "b/3")) == ["b/3"]
        with pytest.raises(DocumentNotFound):
            list(source.below(root.parent))


class TestLinks:
    def test_a_link_inside_the_folder_is_a_document(self, root, source):
        write(root, "a")
        (root / "link").symlink_to("a")
        assert paths(source.list()) == ["a", "link"]
        assert source.read(source.find("link").uri).data == b"x"

    @pytest.mark.parametrize("target", ["../secret", "/etc/passwd", "missing", "loop"])
    def test_a_link_that_leads_out_or_nowhere_is_none(self, root, source, target):
        write(root.parent, "secret")
        (root / "loop").symlink_to(target)
        assert list(source.list()) == []
        assert source.find("loop") is None

    def test_links_to_folders_are_not_followed(self, root, source):
        write(root, "real/a")
        write(root.parent, "outside/secret")
        (root / "inner").symlink_to("real")
        (root / "out").symlink_to("../outside")
        (root / "real/up").symlink_to("..")
        assert paths(source.list()) == ["real/a"]
        assert source.find("inner/a") is source.find("out/secret") is source.find("real/up/real/a") is None

    def test_a_folder_that_is_itself_reached_by_a_link(self, root):
        write(root, "a")
        (root.parent / "link").symlink_to("documents")
        source = LocalFolderSource("docs", root.parent / "link")
        assert paths(source.list()) == ["a"]
        assert source.root() == root.parent / "link"
        assert source.read(source.find("a").uri).data == b"x"

    @pytest.mark.parametrize(
        "path", ["../secret", "a/../../secret", "/etc/passwd", "", ".", "..", "a//b", "a/", "nul\0"]
    )
    def test_no_path_leaves_the_folder(self, root, source, path):
        write(root.parent, "secret")
        write(root, "a/b")
        assert source.find(path) is None

    def test_no_uri_leaves_the_folder(self, root, source):
        write(root.parent, "secret")
        for uri in [(root.parent / "secret").as_uri(), f"{root.as_uri()}/../secret", "s3://bucket/a", "file://host/a"]:
            for ask in (source.read, source.version):
                with pytest.raises(DocumentNotFound):
                    ask(uri)


class TestNames:
    @pytest.mark.parametrize("name", ODD_NAMES, ids=ascii)
    def test_any_name_is_found_by_its_key_and_read_by_its_uri(self, root, source, name):
        write(root, *ODD_NAMES)
        write(root, name, data=name.encode("utf-8", "surrogateescape"))
        [listed] = [seen for seen in source.list() if seen.path == name]
        key_source, key_path = split_document_id(listed.document_id)
        assert key_source == "docs"
        assert source.find(key_path) == listed
        assert source.read(listed.uri).data == name.encode("utf-8", "surrogateescape")
        assert listed.uri.isascii()

    def test_names_that_differ_only_in_normal_form_are_two_documents(self, root, source):
        write(root, "é", data=b"composed")
        write(root, "e\u0301", data=b"decomposed")
        listed = list(source.list())
        assert len({seen.document_id for seen in listed}) == 2
        for seen in listed:
            assert source.find(split_document_id(seen.document_id)[1]) == seen

    @settings(max_examples=100, deadline=None)
    @given(st.binary(min_size=1, max_size=200).filter(lambda name: b"\0" not in name))
    def test_any_path_survives_its_uri(self, name):
        path = Path("/") / os.fsdecode(name)
        assert file_of(file_uri(path)) == path


class TestReading:
    def test_bytes_are_pinned_by_their_digest(self, root, source):
        write(root, "a", data=b"some bytes")
        pinned = source.read(source.find("a").uri)
        assert pinned.data == b"some bytes"
        assert pinned.version == hashlib.sha256(b"some bytes").hexdigest() == source.version(source.find("a").uri)

    def test_a_file_at_the_limit_is_read_and_one_beyond_it_is_not(self, root, source):
        write(root, "at", data=b"x" * 1000)
        write(root, "beyond", data=b"x" * 1001)
        assert len(source.read(source.find("at").uri).data) == 1000
        for ask in (source.read, source.version):
            with pytest.raises(DocumentTooLarge, match=r"1,001 bytes; at most 1,000"):
                ask(source.find("beyond").uri)

    def test_a_file_that_is_gone(self, root, source):
        write(root, "a")
        uri = source.find("a").uri
        (root / "a").unlink()
        for ask in (source.read, source.version):
            with pytest.raises(DocumentNotFound):
                ask(uri)

    def test_what_is_no_file_is_told_and_does_not_block(self, root, source):
        os.mkfifo(root / "fifo")
        for name in ("fifo", ""):
            with pytest.raises(DocumentError):
                source.read((root / name).as_uri())

    @pytest.mark.skipif(os.geteuid() == 0, reason="root reads everything")
    def test_a_file_without_permission_is_told(self, root, source):
        write(root, "a")
        (root / "a").chmod(0)
        with pytest.raises(DocumentError, match="permission denied"):
            source.read(source.find("a").uri)

    @pytest.mark.parametrize("change", ["appended", "rewritten", "replaced", "cut"])
    def test_a_file_that_changes_while_it_is_read(self, root, source, monkeypatch, change):
        write(root, "a", data=b"before")
        uri = source.find("a").uri

        def meanwhile(file: Path) -> None:
            if change == "replaced":
                write(root, "b", data=b"after!")
                (root / "b").replace(file)
            else:
                file.write_bytes({"appended": b"before and after", "rewritten": b"after!", "cut": b"b"}[change])
                os.utime(file, ns=(1, 1))

        real = local_files.os.fstat

        def fstat_then_change(descriptor: int) -> os.stat_result:
            status = real(descriptor)
            meanwhile(root / "a")
            return status

        monkeypatch.setattr(local_files.os, "fstat", fstat_then_change)
        for ask in (source.read, source.version):
            write(root, "a", data=b"before")
            with pytest.raises(DocumentChanged):
                ask(uri)

    def test_the_stamp_changes_with_the_bytes(self, root, source):
        write(root, "a")
        stamps = {source.find("a").stamp}
        write(root, "b", data=b"y")
        (root / "b").replace(root / "a")
        stamps.add(source.find("a").stamp)
        os.utime(root / "a", ns=(1, 1))
        stamps.add(source.find("a").stamp)
        assert len(stamps) == 3


class TestNamedFiles:
    @pytest.fixture
    def files(self) -> LocalFilesSource:
        return LocalFilesSource("files")

    def test_a_named_file_has_its_absolute_path(self, root, files, monkeypatch):
        write(root, "a.pdf")
        monkeypatch.chdir(root)
        [seen] = files.below(Path("a.pdf"))
        assert seen.path == str(root / "a.pdf").lstrip("/")
        assert seen.document_id == document_id("files", seen.path)
        assert files.find(seen.path) == seen
        assert files.read(seen.uri).data == b"x"
        assert list(files.below(Path("../documents/./a.pdf"))) == [seen]

    def test_a_named_folder_is_listed_and_a_named_hidden_file_is_taken(self, root, files):
        write(root, "b", "a/c", ".hidden")
        (root / "out").symlink_to("/etc/passwd")
        assert [Path(path).name for path in paths(files.below(root))] == ["c", "b"]
        assert len(list(files.below(root / ".hidden"))) == 1

    def test_nothing_is_listed_before_it_is_named(self, files):
        assert list(files.list()) == []
        assert files.root() is None

    def test_what_is_not_there(self, root, files):
        with pytest.raises(DocumentNotFound):
            list(files.below(root / "nothing"))
        assert files.find("nothing/here") is None

    @pytest.mark.parametrize(
        "name", [name for name in ODD_NAMES if "NFD" not in name and "not utf-8" not in name], ids=ascii
    )
    def test_any_name_that_a_key_can_hold_is_found_by_it(self, root, files, name):
        write(root, name)
        [seen] = files.below(root / name)
        assert files.find(seen.path) == seen
        assert files.read(seen.uri).data == b"x"
