"""Toys of a global fit over (Δm²41, |Ue4|², |Uμ4|²): the tension of appearance and disappearance by Monte
Carlo.

* ``rows``: a data set's statistic as rows that multiply features of its data;
* ``skeleton``: any other statistic from its values at a few hypotheses;
* ``own``: parameters that one data set has for itself, profiled by one Newton step;
* ``sides``: the sums of data sets that depend on the same mixing, in few directions;
* ``draws``: data of toys as functions of normal numbers;
* ``toys``: χ²PG of toys;
* ``rare``: probabilities below one in the number of toys, by subset simulation;
* ``part``: one data set; ``profile``: its own parameters; ``assembly``: all of it from likelihoods;
* ``declaration``: a fit from what a page declares;
* ``pieces``: blocks of toys and replicas of a subset simulation, as workers make them;
* ``run``: the p-value at one truth; ``truths``: how it depends on the truth;
* ``left_out``: χ²PG without each data set; ``observed``: of choices of data sets, by the data alone;
* ``choices``: the tension of choices of data sets by toys;
* ``goodness``: how well each side fits its own data;
* ``held``: what it does to toys that own parameters are held;
* ``regions``: the region that the joint fit leaves, by toys.
"""
