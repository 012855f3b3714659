"""What a renderer asks for beside colour: relief, gloss and shade, in the texture's own UV map."""
