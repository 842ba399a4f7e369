"""What goes wrong in a room, on purpose and by seed: disks, clocks, cables and lost messages."""
