"""From pixels to marks: pure functions of an image and a layout."""
