"""Blueprints edited, sets of papers composed and released, how often items were used."""
