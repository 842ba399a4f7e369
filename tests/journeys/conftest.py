"""The prepared office for journeys through the real addresses."""

from tests.exam_server.web.conftest import prepared_office, quiet_site, site

__all__ = ["prepared_office", "quiet_site", "site"]
