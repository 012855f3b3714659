"""Real people as data: portraits, observed as a job observes them, in the canonical atlas."""
