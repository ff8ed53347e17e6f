kokon run -d --explain host:
