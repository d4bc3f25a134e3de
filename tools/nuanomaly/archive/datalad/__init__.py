"""The archive for users of DataLad: a static RIA store to clone from, and a cache that remembers.

:mod:`ria` exports the store, :mod:`record` keeps the cache as a dataset. Both speak to git and git-annex as
programs (:mod:`programs`) and never import datalad, which takes a second to start. Nothing else needs them.
"""
