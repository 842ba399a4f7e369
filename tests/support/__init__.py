"""What several test modules share: factories, drawn cards, robots."""
