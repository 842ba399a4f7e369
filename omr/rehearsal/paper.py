"""The sheet of paper under a lens or on the glass: where it lies, how it was folded and torn."""

from dataclasses import dataclass

import cv2
import numpy as np
import numpy.typing as npt

from omr.rehearsal.pencil import FilledCard
from omr.rehearsal.severity import Severity

Light = npt.NDArray[np.float32]
COARSE = 0.75  # of the drawing's resolution: below, neighbouring points are averaged first


@dataclass(frozen=True)
class Pose:
    """How the sheet lies in the picture.

    ``corners_px``: where its corners come to lie, clockwise from the top left; ``bend``: curl
    across and along as shares of the sheet; ``size_px``: of the picture.
    """

    corners_px: npt.NDArray[np.float64]
    bend: tuple[float, float]
    size_px: tuple[int, int]


def draw_pose(
    size_px: tuple[int, int], severity: Severity, rng: np.random.Generator, *, perspective: float
) -> Pose:
    """Draw how a sheet of that size (width, height) lies when the picture just holds it."""
    columns, rows = size_px
    corners = np.array([(0, 0), (columns, 0), (columns, rows), (0, rows)], np.float64)
    angle = np.radians(rng.uniform(-1, 1) * severity.rotation_deg)
    turn = np.array([(np.cos(angle), -np.sin(angle)), (np.sin(angle), np.cos(angle))])
    middle = np.array([columns, rows]) / 2
    moved = (corners - middle) @ turn.T + middle
    moved += rng.uniform(-1, 1, (4, 2)) * perspective * np.array([columns, rows]) / 2
    curl_x, curl_y = rng.uniform(-1, 1, 2) * severity.curl
    return Pose(moved, (float(curl_x), float(curl_y)), size_px)


def lay(card: FilledCard, pose: Pose, *, dpi: float, around: Light) -> Light:
    """Show a card in its pose before ``around``, a picture of the same size."""
    rate = dpi / card.dpi
    height, width = card.image.shape
    columns, rows = pose.size_px
    corners = np.array([(0, 0), (width, 0), (width, height), (0, height)], np.float32)
    back = cv2.getPerspectiveTransform(pose.corners_px.astype(np.float32), corners)
    x, y = np.meshgrid(np.arange(columns, dtype=np.float32), np.arange(rows, dtype=np.float32))
    matrix = back.astype(np.float32)
    depth = matrix[2, 0] * x + matrix[2, 1] * y + matrix[2, 2]
    from_x = (matrix[0, 0] * x + matrix[0, 1] * y + matrix[0, 2]) / depth
    from_y = (matrix[1, 0] * x + matrix[1, 1] * y + matrix[1, 2]) / depth
    pi = np.float32(np.pi)
    bent_y = from_y + np.float32(pose.bend[1] * height) * np.sin(pi * from_x / np.float32(width))
    bent_x = from_x + np.float32(pose.bend[0] * width) * np.sin(pi * from_y / np.float32(height))
    source = card.image
    if rate < COARSE:
        source = np.asarray(cv2.GaussianBlur(source, (0, 0), 0.4 / rate), np.uint8)
    placed = np.asarray(
        cv2.remap(source, bent_x, bent_y, cv2.INTER_LINEAR, borderMode=cv2.BORDER_REPLICATE),
        np.float32,
    ) / np.float32(255)
    on_paper = (bent_x >= 0) & (bent_x < width) & (bent_y >= 0) & (bent_y < height)
    return np.where(on_paper, placed, around).astype(np.float32)


def fold(light: Light, severity: Severity, rng: np.random.Generator) -> None:
    """Crease the sheet across and let dust fall on it."""
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


def tear(light: Light, around: Light, pose: Pose, rng: np.random.Generator) -> None:
    """Take away a corner with its marker; what lies behind is seen."""
    corners = pose.corners_px
    place = int(rng.integers(4))
    size_px = rng.uniform(0.13, 0.2) * float(np.linalg.norm(corners[1] - corners[0]))
    tip = corners[place]
    legs = [corners[(place + step) % 4] - tip for step in (1, 3)]
    ends = [tip + leg / np.linalg.norm(leg) * size_px for leg in legs]
    outside = tip - (legs[0] + legs[1]) * 0.05
    mask = np.zeros(light.shape, np.uint8)
    cv2.fillPoly(mask, [np.rint([outside, ends[0], ends[1]]).astype(np.int32)], 1)
    np.copyto(light, around, where=mask > 0)


def slope(rows: int, columns: int, rng: np.random.Generator) -> Light:
    """Return light that falls off to one side, 0 to 1."""
    angle = rng.uniform(0, 2 * np.pi)
    x, y = np.linspace(-0.5, 0.5, columns), np.linspace(-0.5, 0.5, rows)
    across, down = np.cos(angle) * x[None], np.sin(angle) * y[:, None]
    return np.asarray(0.5 + (across + down) / 1.42, np.float32)


def bump(rows: int, columns: int, rng: np.random.Generator) -> Light:
    """Return a soft round shadow, 0 to 1."""
    at, width = rng.uniform(0, 1, 2), float(rng.uniform(0.15, 0.4))
    x, y = np.linspace(0, 1, columns) - at[0], np.linspace(0, 1, rows) - at[1]
    square = x[None] ** 2 + y[:, None] ** 2
    return np.asarray(np.exp(-square / (2 * width**2)), np.float32)
