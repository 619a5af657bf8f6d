"""What an engine once said is replayed; what it never said is not made up. The recordings say who made them and of what."""

from __future__ import annotations

import json
import shutil
from pathlib import Path

import pytest
from pictures import page, saved

from stepflow_assets.errors import NotRecorded, ProviderError, SettingsError
from stepflow_assets.ocr.options import ProviderOptions
from stepflow_assets.ocr.protocol import OcrPage, PageStatus, Picture
from stepflow_assets.ocr.quality import QualityRules, fault_of
from stepflow_assets.ocr.rapidocr_provider import RapidOcrProvider
from stepflow_assets.ocr.recorded_provider import make_recorded
from stepflow_assets.ocr.recording import record

RECORDINGS = Path(__file__).parent / "recordings"
PICTURES = sorted(RECORDINGS.glob("*.png"))


def recorded(folder: Path):
    return make_recorded(str(folder), ProviderOptions())


def test_each_shipped_recording_belongs_to_a_shipped_picture_and_names_its_source():
    found = [json.loads(file.read_bytes()) for file in RECORDINGS.glob("*.json")]
    assert sorted(item["source"].rpartition(": ")[2] for item in found) == [file.name for file in PICTURES]
    assert all(item["engine"].startswith("rapidocr ") and item["recorded_at"] for item in found)


@pytest.mark.parametrize("file", PICTURES, ids=lambda file: file.stem)
def test_a_recorded_page_is_an_answer_like_any_other(file):
    (answer,) = recorded(RECORDINGS).recognize([Picture(str(file))])
    assert len(answer.lines) > 20
    assert json.loads(answer.raw)["lines"]
    assert fault_of(answer, Picture(str(file)), QualityRules()) is None


def test_a_replay_is_what_the_engine_said_to_the_letter(tmp_path):
    picture = Path(saved(page(), tmp_path))
    engine = RapidOcrProvider()
    (target,) = record(engine, [picture], tmp_path / "recordings", "drawn here")
    assert recorded(target.parent).recognize([Picture(str(picture))]) == engine.recognize([Picture(str(picture))])
    assert json.loads(target.read_bytes())["engine"] == engine.profile


@pytest.mark.parametrize(
    "said",
    [
        OcrPage(PageStatus.BLANK, raw=b"\x00 no JSON"),
        OcrPage(PageStatus.FAILED, reason="the engine gave up"),
        OcrPage(PageStatus.OK, raw=b"[]", confidence=0.5, truncated=True),
    ],
    ids=lambda said: str(said.status),
)
def test_answers_of_every_kind_are_kept_as_they_were(tmp_path, said):
    class Engine:
        profile = "engine-1"

        def recognize(self, pictures):
            return [said]

    picture = Path(saved(page(), tmp_path))
    (target,) = record(Engine(), [picture], tmp_path / "recordings", "drawn here")
    assert recorded(target.parent).recognize([Picture(str(picture))]) == [said]


def test_a_picture_that_was_never_recorded_is_a_failure_of_its_own(tmp_path):
    with pytest.raises(NotRecorded) as raised:
        recorded(RECORDINGS).recognize([Picture(saved(page(), tmp_path))])
    assert raised.value.code == "provider.not_recorded"
    assert not raised.value.retryable
    assert "stepflow_assets.ocr.recording" in raised.value.next_step


def test_other_recordings_give_another_profile(tmp_path):
    folder = tmp_path / "recordings"
    shutil.copytree(RECORDINGS, folder)
    assert recorded(folder).profile == recorded(RECORDINGS).profile
    next(folder.glob("*.json")).unlink()
    assert recorded(folder).profile != recorded(RECORDINGS).profile


def test_a_file_that_is_no_recording_is_said(tmp_path):
    folder = tmp_path / "recordings"
    shutil.copytree(RECORDINGS, folder)
    for file in folder.glob("*.json"):
        file.write_text("{}")
    with pytest.raises(ProviderError, match="is no recording") as raised:
        recorded(folder).recognize([Picture(str(PICTURES[0]))])
    assert not raised.value.retryable


@pytest.mark.parametrize("option", ["", "no/such/folder"])
def test_without_a_folder_of_recordings_the_setting_is_refused(option):
    with pytest.raises(SettingsError, match="recorded:FOLDER"):
        make_recorded(option, ProviderOptions())
