"""Tables of any shape, read by a mapping: which column is which field of our own form.

``mapping`` is what a mapping may say, ``times`` reads times, ``translate`` makes a row into one
line of our own form, ``separated`` cuts a CSV file into rows, ``columnar`` reads Parquet and SQL,
``equals`` numbers equal rows, ``forms`` joins them to an importer, and ``guess`` begins a mapping.
"""
