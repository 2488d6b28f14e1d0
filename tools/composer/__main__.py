"""``python -m tools.composer --output data/sampler`` builds the sampler."""

from __future__ import annotations

import argparse
import sys
import time
from pathlib import Path

from synesthete.errors import SynestheteError
from tools.composer.render import TRACKS_PER_STYLE, build
from tools.composer.styles import STYLES


def main(arguments: list[str] | None = None) -> int:
    """Read the options, build, report; 0 when all went well."""
    parser = argparse.ArgumentParser(prog="python -m tools.composer", description="Compose and render the sampler.")
    parser.add_argument("--output", type=Path, required=True, help="folder for audio/ and manifest.csv")
    parser.add_argument("--style", action="append", choices=list(STYLES), help="only this style (may be repeated)")
    parser.add_argument("--limit", type=int, default=TRACKS_PER_STYLE, help="tracks a style (default %(default)s)")
    parser.add_argument("--seed", type=int, default=0, help="first seed of every style (default %(default)s)")
    parser.add_argument("--jobs", type=int, default=1, help="processes (default %(default)s)")
    options = parser.parse_args(arguments)
    total = len(options.style or STYLES) * options.limit
    begun = time.monotonic()
    try:
        for number, row in enumerate(
            build(options.output, options.style, options.limit, options.seed, options.jobs), 1
        ):
            print(f"{number:4d}/{total}  {time.monotonic() - begun:5.0f} s  {row['file']}", flush=True)
    except SynestheteError as error:
        print(f"error: {error}", file=sys.stderr)
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(main())
