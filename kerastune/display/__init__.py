"""Tables, pages and the style of pictures.

A table holds raw values, and is formatted when it is shown: in a terminal, a notebook, HTML,
Markdown, CSV or as a data frame.
"""

from kerastune.display.as_table import AsTable, Table
from kerastune.display.metrics import metrics_table
from kerastune.display.rows import table_of
from kerastune.display.table import Column

__all__ = ["AsTable", "Column", "Table", "metrics_table", "table_of"]
