"""The picture that recognition reads: its size, its colour, and images that are pages themselves."""

from __future__ import annotations

import io
import time
from pathlib import Path

import numpy as np
import PIL.Image
import pytest

from stepflow_assets.errors import PageError
from stepflow_assets.pages.encoding import encoded
from stepflow_assets.pages.page_bytes import PageBytes
from stepflow_assets.pages.pictures import fitted
from stepflow_assets.pages.reading import page_count, read_pages
from tests.pages.pdf_files import image_bytes, pdf, picture, scan


def page_of(file: Path, format: str = "pdf", number: int = 1) -> PageBytes:
    (page,) = read_pages(str(file), format, [number], ())
    assert isinstance(page, PageBytes), page
    return page


def opened(page: PageBytes) -> PIL.Image.Image:
    assert page.picture is not None
    return PIL.Image.open(io.BytesIO(page.picture))


@pytest.mark.parametrize(
    ("wanted", "aspect", "long_side"),
    [(1754, 0.7, 1754), (3508, 0.7, 2400), (900, 0.7, 900), (20_000, 0.1, 10_000), (200_000, 0.01, 40_000)],
    ids=["as it is", "too big", "small stays", "strip keeps its short side", "but not without end"],
)
def test_the_size_of_a_picture(wanted: float, aspect: float, long_side: float) -> None:
    assert fitted(wanted, aspect) == pytest.approx(long_side, rel=0.01)


@pytest.mark.parametrize(
    ("size", "pixels", "long_side"),
    [
        ((612, 792), (1275, 1650), 1650),  # native: 150 dpi
        ((612, 792), (2550, 3300), 2400),  # 300 dpi, reduced
        ((612, 792), (850, 1100), 1100),  # 100 dpi, not enlarged
        ((612, 792), (306, 396), 1650),  # 36 dpi: enlarged, as any page
        ((180, 300), (90, 150), 1600),  # a small page
    ],
)
def test_a_scanned_page_keeps_its_own_pixels_within_limits(
    size: tuple[int, int], pixels: tuple[int, int], long_side: int, tmp_path: Path
) -> None:
    page = page_of(pdf(tmp_path / "a.pdf", picture(scan(pixels), 0, 0, *size), size=size))
    assert page.picture_px == long_side
    assert max(opened(page).size) == long_side


def test_a_picture_of_a_page_without_colour_is_grey(tmp_path: Path) -> None:
    assert opened(page_of(pdf(tmp_path / "a.pdf", picture(scan())))).mode == "L"
    assert opened(page_of(pdf(tmp_path / "b.pdf", picture(scan(colour="red"))))).mode == "RGB"


@pytest.mark.parametrize("format", ["PNG", "JPEG"])
def test_an_upright_image_is_its_own_picture(format: str, tmp_path: Path) -> None:
    file = tmp_path / "page"
    file.write_bytes(image_bytes(scan(), format))
    page = page_of(file, "image")
    assert page.picture == file.read_bytes()
    assert page.route == "ocr"


def test_a_turned_photo_comes_upright(tmp_path: Path) -> None:
    image = scan((400, 600))
    exif = image.getexif()
    exif[0x0112] = 6  # the camera was held sideways
    file = tmp_path / "photo.jpg"
    file.write_bytes(image_bytes(image, "JPEG", exif=exif))
    page = page_of(file, "image")
    assert opened(page).size == (600, 400)
    assert page.width_pt > page.height_pt


@pytest.mark.parametrize("mode", ["1", "L", "P", "RGB", "RGBA", "LA", "CMYK", "I;16", "I"])
def test_images_of_every_mode_become_pictures(mode: str, tmp_path: Path) -> None:
    source = scan((400, 500))
    if mode == "I;16":
        image = PIL.Image.frombytes(
            "I;16", source.size, b"".join(bytes((0, value)) for value in source.convert("L").tobytes())
        )
    else:
        image = source.convert(mode)
    file = tmp_path / "page.tif"
    file.write_bytes(image_bytes(image, "TIFF" if mode not in ("P", "LA") else "PNG"))
    grey = opened(page_of(file, "image")).convert("L")
    assert grey.getpixel((2, 2)) > 250, "paper is white"
    assert min(grey.tobytes()) < 80, "ink is dark"


def test_transparent_paper_is_white(tmp_path: Path) -> None:
    image = PIL.Image.new("RGBA", (300, 300), (0, 0, 0, 0))
    image.paste(scan((200, 200)), (0, 0))
    file = tmp_path / "page.png"
    file.write_bytes(image_bytes(image, "PNG"))
    assert opened(page_of(file, "image")).convert("L").getpixel((290, 290)) > 250


def test_every_frame_of_a_tiff_is_a_page_but_an_animation_is_one(tmp_path: Path) -> None:
    frames = [scan((300, 400)), scan((400, 300), "blue"), PIL.Image.new("RGB", (300, 300), "white")]
    tiff, gif = tmp_path / "a.tif", tmp_path / "a.gif"
    tiff.write_bytes(image_bytes(frames[0], "TIFF", save_all=True, append_images=frames[1:]))
    gif.write_bytes(image_bytes(frames[0], "GIF", save_all=True, append_images=frames[1:]))
    assert (page_count(str(tiff), "image", ()), page_count(str(gif), "image", ())) == (3, 1)
    assert [page_of(tiff, "image", number).route for number in (1, 2, 3)] == ["ocr", "ocr", "blank"]
    assert opened(page_of(tiff, "image", 2)).size == (400, 300)


def test_an_image_that_breaks_off_is_a_damaged_page(tmp_path: Path) -> None:
    file = tmp_path / "a.png"
    whole = image_bytes(scan(), "PNG")
    file.write_bytes(whole[: len(whole) // 2])
    (page,) = read_pages(str(file), "image", [1], ())
    assert isinstance(page, PageError)
    assert (page.code, page.category.value) == ("page.damaged", "source")


def huge(file: Path) -> Path:
    """A page that shows an image of a thousand million pixels, which its file needs little room for."""
    pdf(file, picture(scan((40, 40))))
    side = b"32000"
    data = file.read_bytes()
    for name in (b"/Width", b"/Height"):
        before, _, after = data.partition(name + b" 40")
        assert after
        data = before + name + b" " + side + after
    file.write_bytes(data)  # its offsets are wrong now: PDFium finds the objects again
    return file


def test_an_image_of_a_thousand_million_pixels_is_refused_before_it_is_decoded(tmp_path: Path) -> None:
    began = time.process_time()
    (page,) = read_pages(str(huge(tmp_path / "a.pdf")), "pdf", [1], ())
    assert isinstance(page, PageError)
    assert (page.code, page.category.value) == ("page.too_large", "source")
    assert "32000 × 32000" in page.message
    assert time.process_time() - began < 5


@pytest.mark.parametrize("size", [(2880, 2880), (14_400, 14_400), (14_400, 20), (3, 14_400), (1, 1)])
def test_a_page_of_any_size_gives_a_picture_within_limits(size: tuple[int, int], tmp_path: Path) -> None:
    page = page_of(pdf(tmp_path / "a.pdf", picture(scan(), 0, 0, *size), size=size))
    width, height = opened(page).size
    assert width * height <= 16_100_000
    assert max(width, height) <= 65_000


@pytest.mark.parametrize("share", [0.9, 0.5, 0.1])
def test_a_picture_with_too_many_bytes_loses_quality_and_then_resolution(share: float, tmp_path: Path) -> None:
    image = noise((1600, 2000))
    whole = encoded(image, 1 << 30)
    limit = int(share * len(whole.data))
    lowered = encoded(image, limit)
    assert len(lowered.data) <= limit
    assert whole.signals == {}
    assert lowered.quality < whole.quality
    assert (lowered.scale < 1) is (share < 0.9), "quality goes first"
    assert lowered.signals == {"picture_scale": round(lowered.scale, 3), "picture_quality": lowered.quality}
    assert max(PIL.Image.open(io.BytesIO(lowered.data)).size) == lowered.long_side >= 1000


def test_a_picture_that_no_loss_makes_small_enough_is_an_error_of_its_page(tmp_path: Path) -> None:
    file = tmp_path / "noise.png"
    file.write_bytes(image_bytes(noise((1600, 2000)), "PNG"))
    (page,) = read_pages(str(file), "image", [1], (), 20_000)
    assert isinstance(page, PageError)
    assert page.code == "page.too_large"
    assert "20000 are allowed" in page.message


def test_an_image_file_that_is_too_many_bytes_is_encoded_anew(tmp_path: Path) -> None:
    file = tmp_path / "noise.png"
    file.write_bytes(image_bytes(noise((1200, 1500)), "PNG"))
    (page,) = read_pages(str(file), "image", [1], (), 1 << 20)
    assert isinstance(page, PageBytes)
    assert opened(page).format == "JPEG"
    assert page.picture_px == max(opened(page).size)


def noise(size: tuple[int, int]) -> PIL.Image.Image:
    grain = np.random.default_rng(1).integers(0, 256, (size[1], size[0], 3), dtype=np.uint8)
    return PIL.Image.fromarray(grain)


@pytest.mark.parametrize(("number", "format"), [(0, "pdf"), (2, "pdf")])
def test_a_page_that_is_not_there_is_an_error_of_that_page_only(number: int, format: str, tmp_path: Path) -> None:
    file = pdf(tmp_path / "a.pdf", picture(scan()))
    missing, there = read_pages(str(file), format, [number, 1], ())
    assert isinstance(missing, PageError)
    assert isinstance(there, PageBytes)
