"""What the portraits show of the head: unlit colour and confidence in the canonical atlas."""
