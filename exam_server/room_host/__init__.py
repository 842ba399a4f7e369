"""A room's own server: certificates, self-test, copies of the store, export; no pages."""
