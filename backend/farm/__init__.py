"""Many characters on many machines: one table of jobs, and the engines that run it. Standard library only."""
