"""A card as staff describe it, and how the description becomes sheets in millimetres."""
