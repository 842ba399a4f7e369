"""Files to page results without a database: archives, worker processes, JSON."""
