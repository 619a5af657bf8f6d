"""Child process of the kill tests: writes generation after generation until it is ended, saying each number."""

from __future__ import annotations

import sys
from itertools import count

from index_cases import chunks, document

from stepflow_assets.resources.embedded_index import EmbeddedIndex


def content(name: str, generation: int) -> list[str]:
    return [f"{name} generation {generation} part {part} of {generation % 9}" for part in range(generation % 9)]


def main(path: str, limit: int, names: list[str]) -> None:
    index = EmbeddedIndex(path)
    at = {name: live.generation if (live := index.live(f"files:{name}")) else 0 for name in names}
    print("ready", flush=True)
    for _ in count() if limit == 0 else range(limit):
        for name in names:
            at[name] += 1
            texts = content(name, at[name])
            vectors = [[float(at[name]), float(part), 1.0] for part in range(len(texts))]
            index.write_generation(document(name), at[name], chunks(*texts), vectors)
            print(name, at[name], flush=True)
    index.close()


if __name__ == "__main__":
    main(sys.argv[1], int(sys.argv[2]), sys.argv[3:])
