"""Documents about papers as PDF: certificate of fairness, marking standard, answer sheet."""
