kokon nsenter --pid=/proc/self/ns/pid --explain true; kokon nsenter --pid=/proc/self/ns/pid --no-fork --explain true
