"""`make demo`: a simulated support center, mirrored and shown, on this machine, with nothing set up before."""
