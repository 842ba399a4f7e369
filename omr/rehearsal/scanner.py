"""An office scanner with its faults: a filled card in, a JPEG out."""

from dataclasses import dataclass, replace

import cv2
import numpy as np

from omr.reader.reading import GrayImage
from omr.rehearsal.paper import Light, bump, draw_pose, fold, lay, slope, tear
from omr.rehearsal.pencil import FilledCard, TrueMark
from omr.rehearsal.severity import Severity

PAPER_GREY = (0.90, 0.98)
TWO_LEVEL_AT = 0.55  # share of paper white at which a two-level scan turns black
TWO_LEVEL_DOUBT = 0.20  # marks this near to the turning point may be lost
STREAK_PX = (1, 3)
LID = 0.97  # grey of the lid behind the sheet
FLAT = 0.1  # of a phone's perspective that a scanner's transport still gives


@dataclass(frozen=True)
class ScannedCard:
    """What comes off the scanner or the phone, with the truth that it should give."""

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
    turns = draw_turns(severity, rng) if quarter_turns is None else quarter_turns
    light = _feed(card, chosen_dpi, severity, rng)
    light = _expose(light, severity, rng)
    two_level = bool(rng.random() < severity.two_level)
    if two_level:
        light = np.where(light > TWO_LEVEL_AT, np.float32(1), np.float32(0))
    return ScannedCard(
        jpeg=developed(light, turns, severity, rng),
        dpi=chosen_dpi,
        turned_deg=90 * turns % 360,
        two_level=two_level,
        truth=_truth_after(card, two_level=two_level),
    )


def draw_turns(severity: Severity, rng: np.random.Generator) -> int:
    """Draw whether the sheet is fed upside down, in quarter turns."""
    return 2 if rng.random() < severity.upside_down else 0


def developed(light: Light, turns: int, severity: Severity, rng: np.random.Generator) -> bytes:
    """Turn the picture and encode it as JPEG."""
    image = np.clip(np.rint(np.rot90(light, turns) * 255), 0, 255).astype(np.uint8)
    return encode_jpeg(image, round(float(rng.uniform(*severity.jpeg_quality))))


def encode_jpeg(image: GrayImage, quality: int) -> bytes:
    """Encode a grey image as JPEG; raises ``ValueError`` when it cannot be."""
    done, data = cv2.imencode(
        ".jpg", np.ascontiguousarray(image), [cv2.IMWRITE_JPEG_QUALITY, quality]
    )
    if not done:
        raise ValueError("the image cannot be encoded")
    return data.tobytes()


def add_noise(light: Light, severity: Severity, rng: np.random.Generator) -> Light:
    """Blur and grain of the sensor."""
    if severity.blur_px:
        light = np.asarray(cv2.GaussianBlur(light, (0, 0), severity.blur_px), np.float32)
    if severity.noise:
        noise = rng.standard_normal(light.shape, dtype=np.float32)
        light = light + noise * np.float32(severity.noise / 255)
    return light


def _truth_after(card: FilledCard, *, two_level: bool) -> dict[str, TrueMark]:
    """Two-level scanning loses or keeps pale marks by chance: those become marginal."""
    if not two_level:
        return dict(card.truth)
    least = 1 - TWO_LEVEL_AT + TWO_LEVEL_DOUBT
    return {
        key: replace(mark, marginal=mark.marginal or card.darkness[key] < least)
        for key, mark in card.truth.items()
    }


def _feed(card: FilledCard, dpi: int, severity: Severity, rng: np.random.Generator) -> Light:
    """Draw the sheet over dirty glass."""
    rows, columns = (round(side * dpi / card.dpi) for side in card.image.shape)
    pose = draw_pose((columns, rows), severity, rng, perspective=FLAT * severity.perspective)
    around = np.full((rows, columns), LID, np.float32)
    light = lay(card, pose, dpi=dpi, around=around)
    fold(light, severity, rng)
    if rng.random() < severity.torn:
        tear(light, around, pose, rng)
    if rng.random() < severity.streaked:
        left = int(rng.uniform(0.02, 0.98) * columns)
        light[:, left : left + int(rng.integers(*STREAK_PX))] *= np.float32(rng.uniform(0.4, 0.8))
    if severity.dirty_edge:
        reach = max(2, int(0.02 * columns))
        edge = np.linspace(float(rng.uniform(0, severity.dirty_edge)), 0, reach)
        light[:, :reach] *= (1 - edge).astype(np.float32)
    return light


def _expose(light: Light, severity: Severity, rng: np.random.Generator) -> Light:
    """Uneven lamp, then blur and noise."""
    rows, columns = light.shape
    field = slope(rows, columns, rng) * np.float32(severity.uneven)
    if severity.shadow:
        strength = np.float32(severity.shadow * rng.uniform(0, 1))
        field = field + bump(rows, columns, rng) * strength
    white = np.float32(rng.uniform(*PAPER_GREY) if severity.noise else 1.0)
    return np.clip(add_noise(light * (white * (1 - field)), severity, rng), 0, 1)
