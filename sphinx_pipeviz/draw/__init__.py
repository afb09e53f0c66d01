"""Timeline -> Scene -> bytes: style, layout, legend and the painters."""
