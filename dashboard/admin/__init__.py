"""Django's admin site, for superusers only, behind the site's own sign-in."""
