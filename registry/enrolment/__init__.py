"""Candidates, enrolments and the eligibility audit."""
