"""Accounts: signing in by password, second factor and single sign-on, by django-allauth; what is ours about it."""
