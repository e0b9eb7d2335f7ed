"""The vendors that are polled: one module each, all to the contract of `base`, in the table of `registry`."""
