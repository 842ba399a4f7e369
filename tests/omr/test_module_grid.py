"""Blurred QR codes, measured module by module at their known place."""

import cv2
import numpy as np
import pytest
import zxingcpp

from omr.reader.identity import first_reading
from omr.reader.module_grid import (
    BORDER_MODULES,
    PATCH_PIXELS,
    SIZES,
    fixed_modules,
    redrawn,
)
from omr.rules.card_code import CardCode, qr_text, serial_of

TEXT = qr_text(CardCode(serial_of(1234), 1, "0123456789ab"))


def modules_of(text: str, version: int = 2) -> np.ndarray:
    """Return the code, 1 dark."""
    kind = zxingcpp.BarcodeFormat.QRCode
    code = zxingcpp.create_barcode(text, kind, ec_level="M", version=version)
    image = np.asarray(zxingcpp.write_barcode_to_image(code, scale=1, add_quiet_zones=False))
    return (image < 128).astype(np.int8)


def seen(modules: np.ndarray, *, px: float, blur_px: float, noise: float = 4.0) -> np.ndarray:
    """Return the patch that a coarse, blurred picture of the code gives."""
    border = np.pad(1 - modules, BORDER_MODULES, constant_values=1).astype(np.float32)
    fine = cv2.resize(60 + 170 * border, None, fx=12, fy=12, interpolation=cv2.INTER_NEAREST)
    side = round(len(border) * px)
    coarse = cv2.resize(fine, (side, side), interpolation=cv2.INTER_AREA)
    coarse = cv2.GaussianBlur(coarse, (0, 0), blur_px)
    coarse += np.random.default_rng(1).normal(0, noise, coarse.shape)
    patch = (len(border) * PATCH_PIXELS,) * 2
    enlarged = cv2.resize(coarse, patch, interpolation=cv2.INTER_LINEAR)
    return np.clip(enlarged, 0, 255).astype(np.uint8)


def texts(patch: np.ndarray, modules: int = 25) -> set[str]:
    return {text for drawn in redrawn(patch, modules) for text in first_reading(drawn)}


@pytest.mark.parametrize("modules", SIZES)
def test_prescribed_modules_are_those_of_every_code(modules: int) -> None:
    fixed = fixed_modules(modules)
    for text in (TEXT[:20], "1" * 20):
        code = modules_of(text, version=(modules - 17) // 4)
        assert code.shape == fixed.shape
        assert (code[fixed >= 0] == fixed[fixed >= 0]).all()


@pytest.mark.parametrize(("px", "blur_px"), [(3.0, 1.8), (3.5, 1.8), (3.5, 2.0)])
def test_a_blur_that_hides_the_edges_leaves_the_modules_readable(px: float, blur_px: float) -> None:
    patch = seen(modules_of(TEXT), px=px, blur_px=blur_px)
    assert first_reading(patch) == []
    assert texts(patch) == {TEXT}


@pytest.mark.parametrize("shift_px", [-3, 2, 3])
def test_a_code_half_a_module_off_its_place_is_read(shift_px: int) -> None:
    patch = np.roll(seen(modules_of(TEXT), px=3.6, blur_px=1.2), shift_px, axis=(0, 1))
    assert texts(patch) == {TEXT}


def test_what_is_no_code_gives_nothing() -> None:
    rng = np.random.default_rng(2)
    side = (25 + 2 * BORDER_MODULES) * PATCH_PIXELS
    for _ in range(20):
        noise = cv2.GaussianBlur(rng.uniform(0, 255, (side, side)).astype(np.float32), (0, 0), 2.5)
        assert texts(noise.astype(np.uint8)) == set()


def test_modules_that_are_gone_are_never_guessed_beyond_the_sums() -> None:
    modules = modules_of(TEXT)
    rng = np.random.default_rng(3)
    read = []
    for share in (0.02, 0.1, 0.2, 0.3) * 5:
        lost = np.where(rng.random(modules.shape) < share, 1 - modules, modules)
        read += texts(seen(lost, px=3.6, blur_px=1.0))
    assert set(read) == {TEXT}  # the few errors are corrected, the many refused


def test_a_size_whose_patterns_are_unknown_is_left_alone() -> None:
    assert redrawn(np.full((150, 150), 200, np.uint8), 21) == []
