"""What a statistic is: its contract, and the families that most statistics belong to."""
