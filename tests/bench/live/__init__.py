"""Many browsers at once, and the servers they watch: ours, the textbook's, a bare broadcast."""
