"""Passwords of encrypted documents: held in memory only, never logged, journaled or part of a memo key."""

from __future__ import annotations

from pathlib import Path

from stepflow_assets.errors import SettingsError


class Passwords:
    """Candidates, tried in order. They travel to worker processes over the pipe and show up nowhere else."""

    def __init__(self, candidates: tuple[str, ...] = ()) -> None:
        self._candidates = candidates

    @classmethod
    def from_file(cls, file: Path | None) -> Passwords:
        """One password a line; empty lines do not count. Raises SettingsError when the file cannot be read."""
        if file is None:
            return cls()
        try:
            lines = file.read_text(encoding="utf-8-sig").splitlines()
        except (OSError, UnicodeDecodeError) as error:
            raise SettingsError(
                f"the password file {file.name} cannot be read ({type(error).__name__})",
                next_step="Give a readable UTF-8 text file with one password a line.",
            ) from None
        return cls(tuple(line for line in lines if line))

    @property
    def candidates(self) -> tuple[str, ...]:
        return self._candidates

    def __repr__(self) -> str:
        return f"Passwords({len(self._candidates)} hidden)"

    def __reduce__(self) -> tuple[object, ...]:
        raise TypeError("Passwords are not pickled: pass the candidates to the worker call that needs them")
