"""One file for each kind of run that asks a question, and for what it declares beside it."""
