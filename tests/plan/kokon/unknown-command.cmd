kokon frobnicate --explain
