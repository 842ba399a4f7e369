"""The catalog of assessment projects, its versions and specifications."""
