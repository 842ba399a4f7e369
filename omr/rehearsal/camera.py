"""A phone over a desk: a filled card in, a JPEG out."""

import cv2
import numpy as np

from omr.rehearsal.paper import Light, Pose, bump, draw_pose, fold, lay, slope, tear
from omr.rehearsal.pencil import FilledCard
from omr.rehearsal.scanner import ScannedCard, add_noise, developed, draw_turns
from omr.rehearsal.severity import Severity

MARGIN = (0.03, 0.09)  # of the sheet, seen of the desk on each side
DESK = (0.18, 0.62)  # grey
GRAIN_CELLS = 9
WHITE = (0.80, 0.95)  # what the phone's metering makes of paper
LENS = 0.012  # barrel or cushion, as a share of the picture's half


def photograph_card(
    card: FilledCard,
    *,
    severity: Severity,
    rng: np.random.Generator,
    dpi: int | None = None,
) -> ScannedCard:
    """Photograph a filled card; see ``omr.rehearsal.scanner.scan_card``.

    The sheet lies on a desk and fills most of the picture, seen at a slant through a lens that
    bends straight lines, under uneven light with the shadow of hand or phone.
    """
    chosen_dpi = dpi or round(float(rng.uniform(*severity.dpi)))
    turns = draw_turns(severity, rng)
    rows, columns = (round(side * chosen_dpi / card.dpi) for side in card.image.shape)
    margin = float(rng.uniform(*MARGIN))
    pose = _framed(
        draw_pose((columns, rows), severity, rng, perspective=severity.perspective), margin
    )
    around = _desk(pose.size_px, rng)
    light = lay(card, pose, dpi=chosen_dpi, around=around)
    fold(light, severity, rng)
    if rng.random() < severity.torn:
        tear(light, around, pose, rng)
    if severity.noise:
        light = _through_lens(light, float(rng.uniform(-LENS, LENS)))
    light = _lit(light, severity, rng)
    return ScannedCard(
        jpeg=developed(light, turns, severity, rng),
        dpi=chosen_dpi,
        turned_deg=90 * turns % 360,
        two_level=False,
        truth=dict(card.truth),
    )


def _framed(pose: Pose, margin: float) -> Pose:
    """Shift the sheet so that the picture shows all of it with some desk about it."""
    low, high = pose.corners_px.min(axis=0), pose.corners_px.max(axis=0)
    border = margin * np.array(pose.size_px)
    size = np.ceil(high - low + 2 * border).astype(int)
    return Pose(pose.corners_px - low + border, pose.bend, (int(size[0]), int(size[1])))


def _desk(size_px: tuple[int, int], rng: np.random.Generator) -> Light:
    columns, rows = size_px
    base = float(rng.uniform(*DESK))
    grain = rng.normal(base, 0.06, (3, GRAIN_CELLS)).astype(np.float32)
    wide = cv2.resize(grain, (columns, rows), interpolation=cv2.INTER_CUBIC)
    return np.clip(np.asarray(wide, np.float32), 0.05, 0.9)


def _through_lens(light: Light, strength: float) -> Light:
    rows, columns = light.shape
    x, y = np.meshgrid(
        np.linspace(-1, 1, columns, dtype=np.float32), np.linspace(-1, 1, rows, dtype=np.float32)
    )
    stretch = 1 + np.float32(strength) * (x * x + y * y - 1)
    from_x = (x * stretch + 1) * np.float32((columns - 1) / 2)
    from_y = (y * stretch + 1) * np.float32((rows - 1) / 2)
    seen = cv2.remap(light, from_x, from_y, cv2.INTER_LINEAR, borderMode=cv2.BORDER_REPLICATE)
    return np.asarray(seen, np.float32)


def _lit(light: Light, severity: Severity, rng: np.random.Generator) -> Light:
    rows, columns = light.shape
    field = slope(rows, columns, rng) * np.float32(severity.uneven)
    if severity.shadow:
        strength = severity.shadow * rng.uniform(0, 1)
        field = field + bump(rows, columns, rng) * np.float32(strength / 2)
        field = field + _cast_shadow(rows, columns, rng) * np.float32(strength / 2)
    white = np.float32(rng.uniform(*WHITE) if severity.noise else 1.0)
    return np.clip(add_noise(light * (white * (1 - field)), severity, rng), 0, 1)


def _cast_shadow(rows: int, columns: int, rng: np.random.Generator) -> Light:
    """Return the shadow of an arm or the phone: a half plane with a soft edge, 0 to 1."""
    field = slope(rows, columns, rng)
    edge = float(rng.uniform(0.2, 0.8))
    softness = np.float32(rng.uniform(0.02, 0.08))
    return np.asarray(np.clip((field - np.float32(edge)) / softness + 0.5, 0, 1), np.float32)
