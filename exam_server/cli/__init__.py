"""The command line: kaohe serve, seed, demo, rehearse, audit …."""
