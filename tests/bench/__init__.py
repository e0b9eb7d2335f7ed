"""`make bench`: what we cost beside what people would write by hand and beside the physical limit, in one run."""
