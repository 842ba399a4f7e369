"""The day of a scanning clerk at full size: one PDF of 300 cards with twelve troubles.

Run with ``python -m benchmarks.clerk_day --pages 300``; prints the time of the whole day and fails
when a trouble is missed or a mark is not what was meant.
"""

import argparse
import tempfile
import time
from pathlib import Path

from tests.journeys.test_clerk_day import hold_the_day
from tests.support.browser import Journey, chromium
from tests.support.served import prepared_once, served_copy


def main() -> None:
    """Hold the day once."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--pages", type=int, default=300)
    pages = parser.parse_args().pages
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        with (
            served_copy(prepared_once(folder / "prepared"), folder / "home") as served,
            chromium() as browser,
        ):
            journey = Journey(browser, served.address)
            began = time.monotonic()
            hold_the_day(journey, served, pages)
            journey.close()
    print(
        f"{pages} cards, 12 troubles found, every mark as meant: {time.monotonic() - began:.0f} s"
    )


if __name__ == "__main__":
    main()
