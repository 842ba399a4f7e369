"""Who writes and reviews items 命题: members of a bank, task orders, drafts, versions."""
