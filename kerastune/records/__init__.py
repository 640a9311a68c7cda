"""Records of runs, read from their files without a framework."""

from kerastune.records.differences import Difference, differences, results_beside
from kerastune.records.listing import Listing, find_record, list_records
from kerastune.records.reading import read_record
from kerastune.records.record import RunRecord

__all__ = [
    "Difference",
    "Listing",
    "RunRecord",
    "differences",
    "find_record",
    "list_records",
    "read_record",
    "results_beside",
]
