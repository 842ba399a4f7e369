"""Divisions, centres of three levels, institutions and their filings."""
