"""How releases get here: an index of files and hashes, sources that serve them, a store they are put into.

The parts, lowest first: :mod:`index` (what is to be had, and which names are safe), :mod:`http` (one
connection per server, ranges, redirects, proxies), :mod:`download` (one verified file), :mod:`sources` (a
folder, a bundle, a web server: the same questions), :mod:`store` (locked, staged, published in one rename),
:mod:`fetcher` (a release from the first source that can give it). The verb is
:func:`nuanomaly.archive.fetch.fetch`.
"""

#: What tables can be converted to.
FORMATS = ("csv", "parquet", "json")
