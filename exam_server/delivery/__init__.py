"""An attempt at a computer: timing, the answer journal, submission."""
