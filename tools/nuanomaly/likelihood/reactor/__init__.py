"""What every response of a reactor needs: inverse beta decay, baselines."""
