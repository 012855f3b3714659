"""A texture's layers: what each is, how they become one picture, and the files that hold them."""
