"""What coherent scattering needs: cross section, form factors, quenching."""
