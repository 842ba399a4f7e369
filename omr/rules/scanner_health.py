"""What the pages of a batch say about the scanner; pure."""

import json
from dataclasses import asdict, dataclass

NOMINAL_DPIS = (100, 150, 200, 240, 300, 400, 600)  # what scanners are set to


@dataclass(frozen=True)
class PageHealth:
    """Measures of one page; ``scale`` is the printed size over the true one."""

    contrast: float  # grey levels between ink and paper
    streaks: tuple[float, ...]  # places of thin lines along the whole page, 0 to 1
    dpi: float | None
    scale: float | None
    skew_deg: float | None


def health_json(health: PageHealth) -> str:
    """Return the measures as the database keeps them."""
    return json.dumps(asdict(health))


def health_from(kept: str) -> PageHealth:
    """Return measures that were kept.

    >>> health_from(health_json(PageHealth(180.0, (0.25,), 199.8, 0.999, 0.3))).streaks
    (0.25,)
    """
    values = json.loads(kept)
    return PageHealth(**{**values, "streaks": tuple(values["streaks"])})
