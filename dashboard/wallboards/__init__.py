"""Wallboards: what a screen shows, as a definition that people edit, export and import."""
