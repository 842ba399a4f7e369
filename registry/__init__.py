"""The office: who may do what, where, under which filing."""
