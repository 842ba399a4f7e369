"""The room record 考场情况记录单: what happened in a sitting, from its rows, as page and PDF."""
