"""The register of examiners."""
