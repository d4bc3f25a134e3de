"""Toys of a global fit over (Δm²41, |Ue4|², |Uμ4|²): the tension of appearance and disappearance by Monte
Carlo.

* ``rows``: a data set's statistic as rows that multiply features of its data;
* ``skeleton``: any other statistic from its values at a few hypotheses;
* ``own``: parameters that one data set has for itself, profiled by one Newton step;
* ``sides``: the sums of data sets that depend on the same mixing, in few directions;
* ``toys``: data drawn at a truth, and χ²PG of each;
* ``tilts``: importance sampling by a mixture of shifted means.
"""
