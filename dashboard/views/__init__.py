"""The pages: get, authorise, render."""
