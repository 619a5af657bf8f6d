"""``python -m flow_compiler.worker --module NAME``: says what is missing before anything that needs it is imported."""

import sys

if sys.version_info < (3, 11):  # noqa: UP036  it is started by whatever interpreter the configuration names
    sys.exit(f"flow_compiler.worker needs Python 3.11 or later; {sys.executable} is {sys.version.split()[0]}")
try:
    import pydantic
except ImportError:
    sys.exit(f"pydantic is not installed for {sys.executable}: install pydantic>=2.10 there")
if not pydantic.VERSION.startswith("2."):
    sys.exit(f"pydantic {pydantic.VERSION} is installed for {sys.executable}: install pydantic>=2.10 there")

from flow_compiler.worker.program import main

if __name__ == "__main__":
    main()
