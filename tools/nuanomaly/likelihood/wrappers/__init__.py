"""Likelihoods made of likelihoods: joint, without bins, with another definition of χ²."""
