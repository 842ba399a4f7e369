"""Safe Exam Browser: settings file of a room, Config Key, handshake at a one-time address."""
