"""Decisions about enrolment: pure functions."""
