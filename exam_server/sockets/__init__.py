"""Socket events of candidates and proctors."""
