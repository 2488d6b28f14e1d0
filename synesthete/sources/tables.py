"""CSV tables from strangers, a row at a time and in bounded memory."""

from __future__ import annotations

import csv
import os
from collections.abc import Iterator
from pathlib import Path
from typing import IO

from synesthete.errors import CatalogueError

MAX_LINE_CHARACTERS = 1 << 20


def read_rows(path: Path) -> Iterator[list[str]]:
    """Go through the rows of a CSV file (UTF-8); what cannot be a row, such as an endless field, is an empty one.

    Raises
    ------
    CatalogueError
        The file cannot be read.
    """
    try:
        if not os.path.isfile(path):  # noqa: PTH113 - False also where a folder may not be entered
            raise CatalogueError(f"There is no table {str(path)!r}. Check the path.")
        with path.open(encoding="utf-8-sig", errors="replace", newline="") as file:
            rows = csv.reader(_lines(file))
            while True:
                try:
                    row = next(rows)
                except csv.Error:  # a field longer than the csv module's limit: a quote that never ends
                    yield []
                except StopIteration:
                    return
                else:
                    if row:  # not an empty line
                        yield row
    except OSError as error:
        raise CatalogueError(f"The table {path} cannot be read: {error.strerror}.") from error


def _lines(file: IO[str]) -> Iterator[str]:
    while line := file.readline(MAX_LINE_CHARACTERS):
        yield line
