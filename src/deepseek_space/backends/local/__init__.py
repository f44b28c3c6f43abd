"""The model of this process: one load at a time, at a chosen precision."""
