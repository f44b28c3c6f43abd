"""The commands, one file each: ``run(call)`` reads its own words, does what they ask for and returns the exit code."""
