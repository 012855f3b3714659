"""The networks: linear prior, texture generator with its encoder, denoisers; each readable in one sitting."""
