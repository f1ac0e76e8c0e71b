"""正字: how the kanji of a name become the standard kanji of notice 582 of the Ministry of Justice (2011).

`jis` knows the 正字 that two JIS standards define, `table` holds the notice's table four, `conversion` turns
a text over, `naming` a whole name. Reads the shipped `cited.tsv` and nothing else. Imports `sim.base` only.
"""
