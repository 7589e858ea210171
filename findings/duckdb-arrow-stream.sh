#!/usr/bin/env bash
# SPDX-License-Identifier: MIT
# DuckDB asks an object for __arrow_c_stream__() up to three times for one query, and so reads a source that can be
# read once more than once; an __arrow_c_schema__() beside it brings that down to one.
source "$(dirname "$0")/lib.sh"
pip_install duckdb==2.0.1 polars==2.1.0 pyarrow==26.0.1
run <<'PYTHON'
import duckdb
import polars
import pyarrow

from lib import *

table = pyarrow.table({"x": [1, 2, 3]})


class Stream:
    streams = 0

    def __arrow_c_stream__(self, requested_schema=None):
        self.streams += 1
        return table.__arrow_c_stream__(requested_schema)


class WithSchema(Stream):
    def __arrow_c_schema__(self):
        return table.schema.__arrow_c_schema__()


for kind, expected in ((Stream, [1, 3, 2, 1, 1]), (WithSchema, [0, 1, 1, 1, 1])):
    counts = []
    source = kind()
    relation = duckdb.sql("select sum(x) from source")
    counts.append(source.streams)
    assert relation.fetchall() == [(6,)]
    counts.append(source.streams)
    source = kind()
    assert duckdb.execute("select sum(x) from source").fetchall() == [(6,)]
    counts.append(source.streams)
    for reader in (polars.DataFrame, pyarrow.table):
        source = kind()
        assert reader(source).shape == (3, 1)
        counts.append(source.streams)
    same(f"{kind.__name__}: sql(), then fetchall(), execute(), polars, pyarrow", counts, expected)
PYTHON
