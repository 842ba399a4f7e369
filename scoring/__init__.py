"""From marks to outcome: marking, examiner panels, results, certificates."""
