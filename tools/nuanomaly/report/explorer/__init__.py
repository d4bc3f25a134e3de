"""The explorer: one page on which any choice of the global fit's data sets is fitted in the browser.

What can be chosen stands in ``comparisons/explorer.yaml``; tables of values and predictions are made by
:mod:`nuanomaly.inference.compact`; the page's scripts in ``static/`` read, add and minimise them.
"""
