"""An office scanner with its faults: a filled card in, a JPEG out."""

from dataclasses import dataclass, replace

import cv2
import numpy as np
import numpy.typing as npt

from omr.reader.reading import FloatArray, GrayImage
from omr.rehearsal.pencil import FilledCard, TrueMark
from omr.rehearsal.severity import Severity

PAPER_GREY = (0.90, 0.98)
TWO_LEVEL_AT = 0.55  # share of paper white at which a two-level scan turns black
TWO_LEVEL_DOUBT = 0.20  # marks this near to the turning point may be lost
STREAK_PX = (1, 3)
BACKGROUND = 0.97

Light = npt.NDArray[np.float32]


@dataclass(frozen=True)
class ScannedCard:
    """What comes off the scanner, with the truth that it should give."""

    jpeg: bytes
    dpi: int
    turned_deg: int
    two_level: bool
    truth: dict[str, TrueMark]


def scan_card(
    card: FilledCard,
    *,
    severity: Severity,
    rng: np.random.Generator,
    dpi: int | None = None,
    quarter_turns: int | None = None,
) -> ScannedCard:
    """Scan a filled card.

    Parameters
    ----------
    card : FilledCard
        From ``omr.rehearsal.pencil.fill_card``.
    severity : Severity
        How bad the scanner and the handling are.
    rng : numpy Generator
        Source of all chance.
    dpi : int, optional
        Resolution; drawn from the severity when it is not given.
    quarter_turns : int, optional
        Counterclockwise turns of the sheet; drawn (0 or 2) when not given.

    Returns
    -------
    ScannedCard
        Truth with more marginal groups than before where the scan itself leaves doubt.
    """
    chosen_dpi = dpi or round(float(rng.uniform(*severity.dpi)))
    turns = quarter_turns
    if turns is None:
        turns = 2 if rng.random() < severity.upside_down else 0
    light = _place(card, chosen_dpi, severity, rng)
    light = _handle(light, severity, rng)
    light = _expose(light, severity, rng)
    two_level = bool(rng.random() < severity.two_level)
    if two_level:
        light = np.where(light > TWO_LEVEL_AT, np.float32(1), np.float32(0))
    image = np.clip(np.rint(np.rot90(light, turns) * 255), 0, 255).astype(np.uint8)
    quality = round(float(rng.uniform(*severity.jpeg_quality)))
    return ScannedCard(
        jpeg=encode_jpeg(image, quality),
        dpi=chosen_dpi,
        turned_deg=90 * turns % 360,
        two_level=two_level,
        truth=_truth_after(card, two_level=two_level),
    )


def encode_jpeg(image: GrayImage, quality: int) -> bytes:
    """Encode a grey image as JPEG; raises ``ValueError`` when it cannot be."""
    done, data = cv2.imencode(
        ".jpg", np.ascontiguousarray(image), [cv2.IMWRITE_JPEG_QUALITY, quality]
    )
    if not done:
        raise ValueError("the image cannot be encoded")
    return data.tobytes()


def _truth_after(card: FilledCard, *, two_level: bool) -> dict[str, TrueMark]:
    """Two-level scanning loses or keeps pale marks by chance: those become marginal."""
    if not two_level:
        return dict(card.truth)
    least = 1 - TWO_LEVEL_AT + TWO_LEVEL_DOUBT
    return {
        key: replace(mark, marginal=mark.marginal or card.darkness[key] < least)
        for key, mark in card.truth.items()
    }


def _place(card: FilledCard, dpi: int, severity: Severity, rng: np.random.Generator) -> Light:
    """Lay the sheet on the glass: scale, rotation, perspective and curl in one remap."""
    rate = dpi / card.dpi
    rows, columns = (round(side * rate) for side in card.image.shape)
    corners = np.array([(0, 0), (columns, 0), (columns, rows), (0, rows)], np.float64)
    angle = np.radians(rng.uniform(-1, 1) * severity.rotation_deg)
    turn = np.array([(np.cos(angle), -np.sin(angle)), (np.sin(angle), np.cos(angle))])
    middle = np.array([columns, rows]) / 2
    moved = (corners - middle) @ turn.T + middle
    moved += rng.uniform(-1, 1, (4, 2)) * severity.perspective * np.array([columns, rows]) / 2
    back = cv2.getPerspectiveTransform(
        moved.astype(np.float32), (corners / rate).astype(np.float32)
    )
    x, y = np.meshgrid(np.arange(columns, dtype=np.float64), np.arange(rows, dtype=np.float64))
    depth = back[2, 0] * x + back[2, 1] * y + back[2, 2]
    from_x = (back[0, 0] * x + back[0, 1] * y + back[0, 2]) / depth
    from_y = (back[1, 0] * x + back[1, 1] * y + back[1, 2]) / depth
    curl_x, curl_y = rng.uniform(-1, 1, 2) * severity.curl
    height, width = card.image.shape
    bent_y = from_y + curl_y * height * np.sin(np.pi * from_x / width)
    bent_x = from_x + curl_x * width * np.sin(np.pi * from_y / height)
    source = card.image
    if rate < 0.75:  # average what the coarser scanner would average
        source = np.asarray(cv2.GaussianBlur(source, (0, 0), 0.4 / rate), np.uint8)
    placed = cv2.remap(
        source,
        bent_x.astype(np.float32),
        bent_y.astype(np.float32),
        cv2.INTER_LINEAR,
        borderMode=cv2.BORDER_CONSTANT,
        borderValue=255 * BACKGROUND,
    )
    return np.asarray(placed, np.float32) / np.float32(255)


def _handle(light: Light, severity: Severity, rng: np.random.Generator) -> Light:
    """Fold the sheet, tear a corner, let dust fall and the glass be dirty."""
    rows, columns = light.shape
    for _ in range(int(rng.integers(0, severity.folds + 1))):
        height = int(rng.uniform(0.1, 0.9) * rows)
        tilt = rng.uniform(-0.02, 0.02) * rows
        crease = np.zeros(light.shape, np.uint8)
        cv2.line(crease, (0, height), (columns, round(height + tilt)), 255, 1, cv2.LINE_AA)
        light *= 1 - crease.astype(np.float32) / 255 * np.float32(rng.uniform(0.05, 0.2))
    for _ in range(int(rng.integers(0, severity.dust + 1))):
        x, y = int(rng.integers(columns)), int(rng.integers(rows))
        cv2.circle(light, (x, y), int(rng.integers(0, 2)), 0.4, -1)
    if rng.random() < severity.streaked:
        left = int(rng.uniform(0.02, 0.98) * columns)
        light[:, left : left + int(rng.integers(*STREAK_PX))] *= np.float32(rng.uniform(0.4, 0.8))
    if rng.random() < severity.torn:
        light = _tear(light, rng)
    if severity.dirty_edge:
        reach = max(2, int(0.02 * columns))
        edge = np.linspace(float(rng.uniform(0, severity.dirty_edge)), 0, reach)
        light[:, :reach] *= (1 - edge).astype(np.float32)
    return light


def _tear(light: Light, rng: np.random.Generator) -> Light:
    """Take away a corner with its marker."""
    rows, columns = light.shape
    size = rng.uniform(0.13, 0.2) * columns
    triangle = np.array([(0, 0), (size, 0), (0, size)])
    if rng.random() < 0.5:
        triangle[:, 0] = columns - triangle[:, 0]
    if rng.random() < 0.5:
        triangle[:, 1] = rows - triangle[:, 1]
    cv2.fillPoly(light, [np.rint(triangle).astype(np.int32)], BACKGROUND)
    return light


def _expose(light: Light, severity: Severity, rng: np.random.Generator) -> Light:
    """Blur, uneven light, shadow and noise."""
    if severity.blur_px:
        light = np.asarray(cv2.GaussianBlur(light, (0, 0), severity.blur_px), np.float32)
    rows, columns = light.shape
    field = _slope(rows, columns, rng) * severity.uneven
    if severity.shadow:
        field = field + _bump(rows, columns, rng) * severity.shadow * rng.uniform(0, 1)
    white = rng.uniform(*PAPER_GREY) if severity.noise else 1.0
    light = (light * (white * (1 - field))).astype(np.float32)
    if severity.noise:
        noise = rng.standard_normal(light.shape, dtype=np.float32)
        light = light + noise * np.float32(severity.noise / 255)
    return np.clip(light, 0, 1)


def _slope(rows: int, columns: int, rng: np.random.Generator) -> FloatArray:
    angle = rng.uniform(0, 2 * np.pi)
    x, y = np.linspace(-0.5, 0.5, columns), np.linspace(-0.5, 0.5, rows)
    return np.asarray(0.5 + (np.cos(angle) * x[None] + np.sin(angle) * y[:, None]) / 1.42)


def _bump(rows: int, columns: int, rng: np.random.Generator) -> FloatArray:
    at, width = rng.uniform(0, 1, 2), float(rng.uniform(0.15, 0.4))
    x, y = np.linspace(0, 1, columns) - at[0], np.linspace(0, 1, rows) - at[1]
    return np.asarray(np.exp(-(x[None] ** 2 + y[:, None] ** 2) / (2 * width**2)))
