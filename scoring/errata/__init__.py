"""Faulty items 试题勘误: proposed, decided, and everyone's mark taken again."""
