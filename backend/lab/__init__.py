"""The laboratory: data, training and measurements. It is never shipped, and nothing outside imports it."""
