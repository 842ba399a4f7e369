"""How carelessly cards are filled and how badly they are scanned: the ladder of rehearsals."""

from dataclasses import dataclass
from enum import StrEnum


class Mode(StrEnum):
    """How the picture of a card is taken."""

    SCAN = "scan"
    PHOTO = "photo"


class Level(StrEnum):
    """From a drawing board to the limit of legibility."""

    L0 = "L0"
    L1 = "L1"
    L2 = "L2"
    L3 = "L3"
    L4 = "L4"
    L5 = "L5"


Range = tuple[float, float]


@dataclass(frozen=True)
class Severity:
    """One rung. Ranges are drawn from evenly; shares are probabilities.

    ``darkness`` and ``cover`` describe marks (cover as a share of the box's area);
    ``ticks``, ``crosses``, ``bars`` and ``dots`` are the shares of those shapes, the rest being
    solid or scribbled; ``off_centre`` is a share of the box. ``perspective`` and ``curl`` are
    shares of the paper (a scanner shows a tenth of the perspective), ``noise`` is in grey levels,
    ``blur_px`` a standard deviation, ``uneven`` and ``shadow`` shares of the light. The last five
    are, per page: folds, strength of a dirty edge, and the shares of pages with streaks, a torn
    corner and two-level scanning.
    """

    darkness: Range
    cover: Range
    scribbles: float
    ticks: float
    crosses: float
    bars: float
    dots: float
    off_centre: float
    erased: float
    stray_lines: int
    rotation_deg: float
    upside_down: float
    perspective: float
    curl: float
    dpi: Range
    jpeg_quality: Range
    noise: float
    blur_px: float
    uneven: float
    shadow: float
    dust: int
    folds: int
    dirty_edge: float
    streaked: float
    torn: float
    two_level: float


def _rung(**changed: object) -> Severity:
    calm: dict[str, object] = {
        "darkness": (0.92, 0.98),
        "cover": (1.0, 1.0),
        "dpi": (200, 200),
        "jpeg_quality": (95, 95),
        "erased": 0.0,
        "stray_lines": 0,
        "folds": 0,
        "dust": 0,
    }
    names = Severity.__dataclass_fields__
    return Severity(**{name: changed.get(name, calm.get(name, 0.0)) for name in names})  # type: ignore[arg-type]  # every value is named in this file


LADDER: dict[Level, Severity] = {
    Level.L0: _rung(),
    Level.L1: _rung(
        darkness=(0.65, 0.92),
        cover=(0.8, 1.05),
        scribbles=0.3,
        off_centre=0.08,
        erased=0.005,
        stray_lines=1,
        rotation_deg=0.6,
        perspective=0.002,
        curl=0.0005,
        dpi=(200, 300),
        jpeg_quality=(80, 92),
        noise=2.0,
        blur_px=0.4,
        uneven=0.03,
        dust=4,
    ),
    Level.L2: _rung(
        darkness=(0.50, 0.90),
        cover=(0.65, 1.1),
        scribbles=0.35,
        ticks=0.04,
        crosses=0.03,
        bars=0.01,
        off_centre=0.13,
        erased=0.012,
        stray_lines=3,
        rotation_deg=1.5,
        upside_down=0.15,
        perspective=0.006,
        curl=0.0015,
        dpi=(150, 200),
        jpeg_quality=(65, 85),
        noise=4.0,
        blur_px=0.7,
        uneven=0.08,
        shadow=0.08,
        dust=10,
        folds=1,
        dirty_edge=0.35,
        streaked=0.05,
        two_level=0.05,
    ),
    Level.L3: _rung(
        darkness=(0.40, 0.88),
        cover=(0.5, 1.15),
        scribbles=0.4,
        ticks=0.09,
        crosses=0.07,
        bars=0.03,
        off_centre=0.18,
        erased=0.025,
        stray_lines=6,
        rotation_deg=3.0,
        upside_down=0.2,
        perspective=0.02,
        curl=0.004,
        dpi=(120, 170),
        jpeg_quality=(50, 75),
        noise=6.0,
        blur_px=1.0,
        uneven=0.18,
        shadow=0.20,
        dust=20,
        folds=2,
        dirty_edge=0.6,
        streaked=0.12,
        torn=0.03,
        two_level=0.08,
    ),
    Level.L4: _rung(
        darkness=(0.33, 0.85),
        cover=(0.4, 1.2),
        scribbles=0.4,
        ticks=0.13,
        crosses=0.10,
        bars=0.05,
        off_centre=0.23,
        erased=0.04,
        stray_lines=10,
        rotation_deg=5.0,
        upside_down=0.2,
        perspective=0.05,
        curl=0.008,
        dpi=(95, 130),
        jpeg_quality=(38, 60),
        noise=9.0,
        blur_px=1.3,
        uneven=0.32,
        shadow=0.35,
        dust=30,
        folds=3,
        dirty_edge=0.8,
        streaked=0.20,
        torn=0.10,
        two_level=0.10,
    ),
    Level.L5: _rung(
        darkness=(0.26, 0.82),
        cover=(0.32, 1.25),
        scribbles=0.4,
        ticks=0.16,
        crosses=0.13,
        bars=0.07,
        dots=0.05,
        off_centre=0.28,
        erased=0.06,
        stray_lines=16,
        rotation_deg=5.0,
        upside_down=0.25,
        perspective=0.08,
        curl=0.013,
        dpi=(75, 100),
        jpeg_quality=(30, 45),
        noise=12.0,
        blur_px=1.6,
        uneven=0.45,
        shadow=0.50,
        dust=40,
        folds=4,
        dirty_edge=1.0,
        streaked=0.30,
        torn=0.20,
        two_level=0.10,
    ),
}
