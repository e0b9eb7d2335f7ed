"""Displays: screens on a wall that show one wallboard without anybody's login, under a token that can be taken away."""
