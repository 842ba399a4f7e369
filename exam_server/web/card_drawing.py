"""A designed card as the drawing board needs it: sheets, parts that move, what hinders reading."""

from collections.abc import Sequence
from dataclasses import asdict
from typing import Any

from omr.rules.card_design.compose import DesignedSheet
from omr.rules.card_design.parts import Part
from omr.rules.card_design.readability import findings_of


def drawing_of(sheets: Sequence[DesignedSheet]) -> dict[str, Any]:
    """Return the sheets in millimetres, and all findings, as JSON values."""
    return {
        "sheets": [_sheet(sheet) for sheet in sheets],
        "findings": [asdict(finding) for sheet in sheets for finding in findings_of(sheet.layout)],
    }


def _sheet(sheet: DesignedSheet) -> dict[str, Any]:
    layout = sheet.layout
    moved = {id(frame) for part in sheet.parts for frame in part.frames}
    moved_words = {id(words) for part in sheet.parts for words in part.words}
    return {
        "page": layout.page,
        "paper": asdict(layout.paper),
        "cell": asdict(layout.cell),
        "inks": asdict(layout.inks),
        "markers": [asdict(marker) for marker in layout.markers],
        "bars": [asdict(bar) for bar in layout.timing_bars],
        "qr": asdict(layout.qr) if layout.qr else None,
        "barcode": asdict(layout.barcode) if layout.barcode else None,
        "frames": [asdict(frame) for frame in layout.frames if id(frame) not in moved],
        "words": [asdict(words) for words in layout.words if id(words) not in moved_words],
        "parts": [_part(sheet, part) for part in sheet.parts],
    }


def _part(sheet: DesignedSheet, part: Part) -> dict[str, Any]:
    numbers = {
        f"{block.prefix}{block.first + index}" if block.first else block.prefix: block.number_dx_mm
        for block in part.blocks
        for index in range(block.count)
    }
    groups = [group for group in sheet.layout.groups if group.group_id in numbers]
    return {
        "name": part.name,
        "label": part.label,
        "x_mm": part.x_mm,
        "y_mm": part.y_mm,
        "width_mm": part.width_mm,
        "height_mm": part.height_mm,
        "frames": [asdict(frame) for frame in part.frames],
        "rules": [asdict(rule) for rule in part.rules],
        "words": [asdict(words) for words in part.words],
        "samples": [asdict(sample) for sample in part.samples],
        "cells": [[cell.x_mm, cell.y_mm, cell.label] for group in groups for cell in group.cells],
        "numbers": [
            [group.cells[0].x_mm + numbers[group.group_id], group.cells[0].y_mm, group.number]
            for group in groups
            if numbers[group.group_id]
        ],
    }
