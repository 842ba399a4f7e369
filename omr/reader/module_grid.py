"""Reads a blurred QR code module by module: its place and size on the card are known beforehand.

A reader that must find a code needs sharp edges. Here every module is measured at its centre,
sharpened against its four neighbours, and what the standard prescribes (finders, timing, alignment)
is put in as it must be. The clean drawing of the modules then goes to an ordinary reader, whose
error correction does the rest: a picture that is no code of ours gives nothing.
"""

from functools import cache

import cv2
import numpy as np
import numpy.typing as npt

from omr.reader.reading import BoolArray, FloatArray, GrayImage

PATCH_PIXELS = 6  # to a module of the patch
BORDER_MODULES = 2  # of quiet zone about the code in the patch
REACH_PX = 3  # how far the code may lie from its place, half a module
SMOOTH_PX = 3
SHARPENING = (1.0, 3.0)  # against the mean of the neighbours, tried in turn
DRAWN_PIXELS, QUIET_MODULES = 4, 4
SIZES = range(25, 42, 4)  # versions 2 to 6 have one alignment pattern
FINDER, ALIGNMENT = 7, 5


def redrawn(patch: GrayImage, modules: int) -> list[GrayImage]:
    """Draw anew, sharpened less and more, the code that a patch shows.

    Parameters
    ----------
    patch : (H, H) uint8 ndarray
        The code with ``BORDER_MODULES`` about it, ``PATCH_PIXELS`` to a module.
    modules : int
        Along one side of the code.

    Returns
    -------
    list of (D, D) uint8 ndarray
        Black and white, empty for a size whose fixed patterns are not known here.
    """
    if modules not in SIZES:
        return []
    fixed = fixed_modules(modules)
    smooth = np.asarray(cv2.blur(patch, (SMOOTH_PX, SMOOTH_PX)), np.uint8)
    grey = _at_centres(smooth, fixed)
    beyond = np.pad(grey, 1, mode="edge")
    beside = (beyond[:-2, 1:-1] + beyond[2:, 1:-1] + beyond[1:-1, :-2] + beyond[1:-1, 2:]) / 4
    return [_drawing(grey + amount * (grey - beside), fixed) for amount in SHARPENING]


@cache
def fixed_modules(modules: int) -> npt.NDArray[np.int8]:
    """Return what the standard prescribes: 1 dark, 0 light, -1 free; (modules, modules).

    References
    ----------
    ISO/IEC 18004, function patterns; versions 2 to 6.
    """
    fixed = np.full((modules, modules), -1, np.int8)
    rings = np.abs(np.arange(-4, 5))
    finder = np.maximum(rings[:, None], rings[None])  # 0 the centre, 4 the separator
    finder = np.isin(finder, (0, 1, 3)).astype(np.int8)
    fixed[: FINDER + 1, : FINDER + 1] = finder[1:, 1:]
    fixed[: FINDER + 1, -FINDER - 1 :] = finder[1:, :-1]
    fixed[-FINDER - 1 :, : FINDER + 1] = finder[:-1, 1:]
    between = np.arange(FINDER + 1, modules - FINDER - 1)
    fixed[FINDER - 1, between] = fixed[between, FINDER - 1] = 1 - between % 2
    rings = np.abs(np.arange(-2, 3))
    alignment = np.maximum(rings[:, None], rings[None]) != 1
    fixed[-FINDER - 2 : -FINDER + 3, -FINDER - 2 : -FINDER + 3] = alignment
    fixed[-FINDER - 1, FINDER + 1] = 1
    return fixed


def _at_centres(patch: GrayImage, fixed: npt.NDArray[np.int8]) -> FloatArray:
    """Return the grey of every module, from where the prescribed ones stand out best."""
    centres = (BORDER_MODULES + np.arange(len(fixed))) * PATCH_PIXELS + PATCH_PIXELS // 2
    steps = np.arange(-REACH_PX, REACH_PX + 1)
    places = centres[None] + steps[:, None]
    seen = patch[places[:, None, :, None], places[None, :, None, :]].astype(np.float64)
    light, dark = seen[:, :, fixed == 0], seen[:, :, fixed == 1]
    apart = light.mean(axis=2) - dark.mean(axis=2)
    score = apart / (light.std(axis=2) + dark.std(axis=2) + 1.0)
    down, across = np.unravel_index(int(np.argmax(score)), score.shape)
    return np.asarray(seen[down, across], np.float64)


def _drawing(grey: FloatArray, fixed: npt.NDArray[np.int8]) -> GrayImage:
    middle = (grey[fixed == 0].mean() + grey[fixed == 1].mean()) / 2
    dark: BoolArray = np.where(fixed < 0, grey < middle, fixed == 1)
    light = np.pad(~dark, QUIET_MODULES, constant_values=True).astype(np.uint8)
    size = len(light) * DRAWN_PIXELS
    drawn = cv2.resize(255 * light, (size, size), interpolation=cv2.INTER_NEAREST)
    return np.asarray(drawn, np.uint8)
