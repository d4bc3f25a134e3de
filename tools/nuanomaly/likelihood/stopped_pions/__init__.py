"""What beams of stopped pions need: spectra and arrival times of their neutrinos."""
