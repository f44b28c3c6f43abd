"""What ``doctor`` looks at, one file each: ``look`` yields what was found, with what to do where something is amiss."""
