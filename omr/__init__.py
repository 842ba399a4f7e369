"""Answer cards: layouts, printing, scan batches, readings, corrections, review."""
