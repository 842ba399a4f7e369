"""Assessment plans: drafting, submission, approval."""
