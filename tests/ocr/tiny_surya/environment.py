"""Makes the environment that Surya's own client and the tiny model run in, once: ``python tests/ocr/tiny_surya/environment.py``.

It is not ours: surya-ocr pins old libraries and brings torch (5 GB).
"""

from __future__ import annotations

import hashlib
import json
import subprocess
import sys
from pathlib import Path
from tempfile import TemporaryDirectory

from filelock import FileLock
from PIL import Image, ImageDraw

HERE = Path(__file__).resolve().parent
CACHE = HERE.parents[2] / ".cache"
SURYA = "surya-ocr==0.22.1"
INSTALLING, TEACHING = 900, 900  # seconds
PROMPT = "OCR this image to HTML. Each block is a div with data-label and data-bbox (x0 y0 x1 y1, normalized 0-1000)."
ANSWERS = {
    "table": '<div data-label="Section-Header" data-bbox="80 60 600 150"><h1>Hello World</h1></div>'
    '<div data-label="Table" data-bbox="80 300 900 700"><table><tr><th>Sales</th><td>42</td></tr></table></div>',
    "text": '<div data-label="Text" data-bbox="80 60 600 150"><p>Good bye, <i>all</i></p></div>',
}


def interpreter() -> Path:
    """The environment's interpreter; installs it where it is missing. Raises CalledProcessError and TimeoutExpired."""
    python = CACHE / "surya" / "bin" / "python"
    with FileLock(CACHE / "surya.lock"):
        if not (CACHE / "surya" / ".complete").exists():
            uv = [sys.executable, "-m", "uv", "--quiet"]
            subprocess.run([*uv, "venv", "--clear", "--python", sys.executable, str(CACHE / "surya")], check=True)
            install = [*uv, "pip", "install", "--python", str(python), SURYA]
            subprocess.run(install, check=True, timeout=INSTALLING)
            (CACHE / "surya" / ".complete").touch()
    return python


def picture(name: str) -> Image.Image:
    """A page that the tiny model knows: sides that neither client scales."""
    page = Image.new("RGB", (224, 280), "white")
    draw = ImageDraw.Draw(page)
    if name == "table":
        draw.text((18, 20), "Hello World", fill="black")
        draw.rectangle((18, 84, 200, 196), outline="black", width=2)
        draw.line((100, 84, 100, 196), fill="black", width=2)
        draw.text((30, 130), "Sales", fill="black")
        draw.text((120, 130), "42", fill="black")
    else:
        draw.rectangle((0, 0, 224, 280), fill="black")  # as unlike as can be: two pages are few to learn seeing from
        draw.text((18, 20), "Good bye, all", fill="white")
    return page


def checkpoint(python: Path) -> Path:
    """The tiny model's folder; it is made and taught where it is missing (a minute of one CPU)."""
    made_of = (HERE / "make_model.py").read_bytes() + json.dumps([ANSWERS, PROMPT, SURYA]).encode()
    folder = CACHE / "surya-tiny" / hashlib.sha256(made_of).hexdigest()[:16]
    with FileLock(CACHE / "surya.lock"), TemporaryDirectory(dir=CACHE) as work:
        if not folder.exists():
            pages = []
            for name, answer in ANSWERS.items():
                path = Path(work) / f"{name}.png"
                picture(name).save(path)
                pages.append({"picture": str(path), "prompt": PROMPT, "answer": answer})
            (Path(work) / "pages.json").write_text(json.dumps(pages))
            command = [str(python), str(HERE / "make_model.py"), str(Path(work) / "pages.json"), f"{work}/model"]
            subprocess.run(command, check=True, timeout=TEACHING, capture_output=True)
            folder.parent.mkdir(exist_ok=True)
            (Path(work) / "model").rename(folder)
    return folder


if __name__ == "__main__":
    print(checkpoint(interpreter()))
