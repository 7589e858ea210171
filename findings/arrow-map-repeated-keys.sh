#!/usr/bin/env bash
# SPDX-License-Identifier: MIT
# An Arrow map may repeat a key: pyarrow keeps both, polars drops all but the last without a word in to_list() and
# to_dicts(), DuckDB refuses the whole query.
source "$(dirname "$0")/lib.sh"
pip_install duckdb==2.0.1 polars==2.1.0 pyarrow==26.0.1
run <<'PYTHON'
import duckdb
import polars
import pyarrow

from lib import *

pairs = [("b", "1"), ("a", "2"), ("b", "3")]
array = pyarrow.array([pairs], pyarrow.map_(pyarrow.string(), pyarrow.string()))
table = pyarrow.table({"user_properties": array, "topic": ["t"]})
table.validate(full=True)
same("pyarrow", [list(item) for item in table["user_properties"].to_pylist()[0]], [list(pair) for pair in pairs])
frame = polars.from_arrow(table)
same("type in polars", str(frame.schema["user_properties"]), "Map(String, String)")
same("polars, to_list()", frame["user_properties"].to_list(), [{"b": "3", "a": "2"}])
same("polars, to_dicts()", frame.to_dicts(), [{"user_properties": {"b": "3", "a": "2"}, "topic": "t"}])
try:
    same("DuckDB", duckdb.from_arrow(table).fetchall(), None)
except duckdb.Error as error:
    refusal = "Invalid Input Error: Arrow map contains duplicate key, which isn't supported by DuckDB map type"
    same("DuckDB", str(error), refusal)
same("DuckDB, a column beside it", duckdb.from_arrow(table).project("topic").fetchall(), [("t",)])
plain = pyarrow.list_(pyarrow.struct([("name", pyarrow.string()), ("value", pyarrow.string())]))
table = pyarrow.table({"user_properties": pyarrow.array([[{"name": n, "value": v} for n, v in pairs]], plain)})
same("DuckDB, list of structs", len(duckdb.from_arrow(table).fetchall()[0][0]), 3)
PYTHON
