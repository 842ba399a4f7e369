"""Items, their versions and review; blueprints and the papers drawn from them."""
