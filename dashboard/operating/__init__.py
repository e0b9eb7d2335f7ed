"""What operators need of a running installation: is it ready, how does it do, what is missing, a copy of its data."""
