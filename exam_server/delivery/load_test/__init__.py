"""The load test of a room before check-in: exam PCs play robots over the way that answers take."""
