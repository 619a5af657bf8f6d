"""Artifacts: immutable bytes under their digest; wrong bytes are never handed out."""

from __future__ import annotations

import asyncio
import hashlib
import os
import time

import pytest

from flow_compiler.engine.storage.artifacts import ObjectArtifacts, open_artifacts
from flow_compiler.engine.storage.memory import MemoryArtifacts
from flow_compiler.errors import ArtifactCorrupt, ArtifactMissing, StoreUnavailable


def digest(data: bytes) -> str:
    return hashlib.sha256(data).hexdigest()


def in_a_bucket() -> ObjectArtifacts:
    from obstore.store import MemoryStore

    return ObjectArtifacts(MemoryStore(), "bucket", None)


@pytest.fixture(params=["memory", "folder", "bucket"])
def artifacts(request, tmp_path):
    if request.param == "memory":
        yield MemoryArtifacts()
        return
    store = in_a_bucket() if request.param == "bucket" else open_artifacts(tmp_path / "artifacts")
    yield store
    store.close()


@pytest.fixture
def folder(tmp_path):
    store = open_artifacts(tmp_path / "artifacts")
    yield store
    store.close()


def stored_file(tmp_path, data: bytes):
    name = digest(data)
    return tmp_path / "artifacts" / name[:2] / name


@pytest.mark.parametrize("data", [b"", b"x", bytes(range(256)) * 5000], ids=["empty", "one byte", "over a megabyte"])
async def test_bytes_come_back_under_their_digest(artifacts, data):
    reference = await artifacts.put(data, "data")
    assert reference.to_json() == {"$blob": digest(data), "blobType": "data", "size": len(data)}
    assert await artifacts.get(reference.id) == data
    assert await artifacts.exists(reference.id)
    assert (await artifacts.local_path(reference.id)).read_bytes() == data


async def test_a_path_that_many_ask_for_at_once_has_all_bytes_for_each(artifacts):
    data = bytes(30_000_000)
    name = (await artifacts.put(data)).id

    async def size() -> int:
        return (await artifacts.local_path(name)).stat().st_size

    assert await asyncio.gather(*(size() for _ in range(4))) == [len(data)] * 4


async def test_putting_the_same_bytes_again_changes_nothing(artifacts):
    first = await artifacts.put(b"same")
    listed = await artifacts.list()
    assert await artifacts.put(b"same") == first
    assert await artifacts.list() == listed


@pytest.mark.parametrize("name", [digest(b"never put"), "", "../../etc/passwd", "A" * 64, "é"])
async def test_what_was_never_put_is_missing(artifacts, name):
    for ask in (artifacts.get, artifacts.local_path):
        with pytest.raises(ArtifactMissing):
            await ask(name)
    assert not await artifacts.exists(digest(b"never put"))


async def test_deleting_counts_what_was_there(artifacts):
    kept, gone = (await artifacts.put(b"kept")).id, (await artifacts.put(b"gone")).id
    assert await artifacts.delete([gone, gone, digest(b"never put")]) == 1
    assert await artifacts.exists(kept)
    assert not await artifacts.exists(gone)
    with pytest.raises(ArtifactMissing):
        await artifacts.local_path(gone)


async def test_the_list_has_digest_size_and_time_of_every_artifact(artifacts):
    before = time.time() - 2
    for data in (b"a", b"bb"):
        await artifacts.put(data)
    listed = await artifacts.list()
    assert {(name, size) for name, size, _ in listed} == {(digest(b"a"), 1), (digest(b"bb"), 2)}
    assert all(before < modified < time.time() + 2 for _, _, modified in listed)


async def test_many_at_once_of_which_many_are_equal(artifacts):
    payloads = [f"payload {number % 50}".encode() for number in range(400)]
    references = await asyncio.gather(*(artifacts.put(data) for data in payloads))
    assert await asyncio.gather(*(artifacts.get(reference.id) for reference in references)) == payloads
    assert len(await artifacts.list()) == 50


async def test_a_folder_fans_out_and_holds_nothing_but_artifacts(folder, tmp_path):
    await folder.put(b"x")
    files = [path.relative_to(tmp_path) for path in tmp_path.rglob("*") if path.is_file()]
    assert [str(path) for path in files] == [f"artifacts/{digest(b'x')[:2]}/{digest(b'x')}"]


async def test_the_local_path_of_a_folder_is_the_stored_file_itself(folder, tmp_path):
    reference = await folder.put(b"x")
    assert await folder.local_path(reference.id) == stored_file(tmp_path, b"x")


@pytest.mark.parametrize("read", ["get", "local_path"])
@pytest.mark.parametrize("bad", [b"", b"the wrong bytes", b"the right byte"])
async def test_corrupt_bytes_are_refused_removed_and_can_be_put_again(folder, tmp_path, read, bad):
    reference = await folder.put(b"the right bytes")
    await folder.local_path(reference.id)
    file = stored_file(tmp_path, b"the right bytes")
    file.write_bytes(bad)
    os.utime(file, ns=(1, 1))
    with pytest.raises(ArtifactCorrupt):
        await getattr(folder, read)(reference.id)
    assert not await folder.exists(reference.id)
    await folder.put(b"the right bytes")
    assert await folder.get(reference.id) == b"the right bytes"


async def test_putting_mends_a_truncated_artifact(folder, tmp_path):
    reference = await folder.put(b"the right bytes")
    stored_file(tmp_path, b"the right bytes").write_bytes(b"")
    await folder.put(b"the right bytes")
    assert await folder.get(reference.id) == b"the right bytes"


async def test_copies_of_a_bucket_end_with_the_store():
    store = in_a_bucket()
    path = await store.local_path((await store.put(b"x")).id)
    assert path == await store.local_path(digest(b"x"))
    store.close()
    assert not path.exists()


async def test_copies_asked_for_at_once_lie_in_one_folder():
    for _ in range(20):
        store = in_a_bucket()
        names = [(await store.put(bytes([number]))).id for number in range(32)]
        paths = await asyncio.gather(*map(store.local_path, names))
        assert len({path.parent for path in paths}) == 1
        assert all(path.exists() for path in paths)
        store.close()


def test_a_file_in_the_place_of_the_folder_is_told(tmp_path):
    (tmp_path / "taken").write_text("")
    for location in (tmp_path / "taken", tmp_path / "taken" / "below"):
        with pytest.raises(StoreUnavailable, match="taken"):
            open_artifacts(location)


async def test_a_folder_that_became_a_file_is_told(folder, tmp_path):
    (tmp_path / "artifacts" / digest(b"x")[:2]).write_text("in the way")
    with pytest.raises(StoreUnavailable, match="artifact folder") as caught:
        await folder.put(b"x")
    assert caught.value.next_step


def test_a_folder_can_be_given_as_a_file_url(tmp_path):
    open_artifacts((tmp_path / "a b").as_uri()).close()
    assert (tmp_path / "a b").is_dir()


async def test_a_bucket_that_does_not_answer_is_told_soon(monkeypatch):
    settings = {"ENDPOINT": "http://127.0.0.1:1", "ALLOW_HTTP": "true", "REGION": "x"}
    for name, value in {**settings, "ACCESS_KEY_ID": "id", "SECRET_ACCESS_KEY": "secret"}.items():
        monkeypatch.setenv(f"AWS_{name}", value)
    store = open_artifacts("s3://bucket/prefix")
    with pytest.raises(StoreUnavailable, match="s3://bucket/prefix: it cannot be reached"):
        await store.put(b"x")
    store.close()


@pytest.mark.parametrize("location", ["ftp://host/folder", "s3://", "nonsense://x"])
def test_locations_that_hold_no_artifacts_are_told(location):
    with pytest.raises(StoreUnavailable, match=location):
        open_artifacts(location)
