"""Banks coming in from files."""
