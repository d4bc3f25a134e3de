"""How large what comes from outside may be."""

#: The largest release.yaml that is parsed, in bytes; the largest of the archive has 84 kB.
LARGEST_METADATA = 2 << 20
#: The largest file, and the largest sum of files, of a release from outside; the whole archive has 33 MB.
LARGEST_FILE, LARGEST_RELEASE = 256 << 20, 1 << 30
#: The most files of a release, and the most columns of all its tables.
MOST_FILES, MOST_COLUMNS = 500, 100_000
#: The most numbers in a table: 800 MB as float64. The largest of the archive has 1.3 million.
MOST_NUMBERS = 100_000_000
