"""What must hold whatever goes wrong: nothing leaves the machine, nothing of the artist's is lost."""
