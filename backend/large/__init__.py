"""Large models from the hub where the shipped networks stand: one profile paints what no portrait shows."""
