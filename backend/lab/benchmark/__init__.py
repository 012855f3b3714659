"""The benchmark: textures beside known truth, with baselines that anyone can run again, and a page that shows them."""
