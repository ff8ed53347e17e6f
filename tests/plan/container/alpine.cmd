kokon run --explain alpine
