"""What the gallium source experiments need: geometry of source and targets."""
