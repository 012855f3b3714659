"""What a head's shape keys do to its skin, as maps that they drive: folds, blood, stretched pores."""
