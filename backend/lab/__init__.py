"""The laboratory: data, training and evaluation. Never shipped, never imported by the product."""
