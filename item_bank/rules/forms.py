"""The papers of a set: what each is called, and who gets which, so that neighbours differ."""

from item_bank.rules.kinds import SetPurpose

LETTERS = "ABCDEFGHIJKLMNOPQRSTUVWXYZ"


def letter_of(purpose: SetPurpose, form: int, version: str) -> str:
    """Return the letter of a paper, its number where letters do not do.

    Examples
    --------
    >>> letter_of(SetPurpose.PARALLEL, 2, ""), letter_of(SetPurpose.AB, 1, "B")
    ('B', 'B')
    >>> letter_of(SetPurpose.INDIVIDUAL, 2, ""), letter_of(SetPurpose.PARALLEL, 27, "")
    ('2', '27')
    """
    if version:
        return version
    has_letter = purpose is not SetPurpose.INDIVIDUAL and form <= len(LETTERS)
    return LETTERS[form - 1] if has_letter else str(form)


def label_of(purpose: SetPurpose, form: int, version: str) -> str:
    """Return what a paper is called in print; the only paper of a set needs no name.

    Examples
    --------
    >>> label_of(SetPurpose.AB, 1, "A"), label_of(SetPurpose.INDIVIDUAL, 17, "")
    ('A 卷', '第 17 卷')
    """
    if purpose is SetPurpose.ONE:
        return ""
    letter = letter_of(purpose, form, version)
    return f"第 {letter} 卷" if letter.isdigit() else f"{letter} 卷"


def place_at_seat(seat_no: int, columns: int, papers: int) -> int:
    """Return which of so many papers lies at a seat, counted from 0.

    Seats are counted row by row. Those beside, before and behind get another paper; from four
    papers on also those across the corner.

    Parameters
    ----------
    seat_no : int
        From 1.
    columns : int
        Seats in a row of the room.
    papers : int
        How many papers take turns.

    Examples
    --------
    >>> [place_at_seat(seat, 3, 2) for seat in range(1, 7)]
    [0, 1, 0, 1, 0, 1]
    """
    row, column = divmod(seat_no - 1, columns)
    step = 1 if papers <= 2 else 2
    return (step * row + column) % papers
