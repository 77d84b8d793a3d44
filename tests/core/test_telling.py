"""Diagnostics cross from one process to another whole, and what is none is refused."""

from __future__ import annotations

import json
from types import MappingProxyType

import pytest
from hypothesis import given
from hypothesis import strategies as st

from workbench.core.diagnostic import Diagnostic, Fix, Severity
from workbench.core.telling import heard, told

texts = st.text(max_size=20)
fixes = st.builds(Fix, texts, texts, st.dictionaries(texts, st.integers() | texts, max_size=2).map(MappingProxyType))
diagnostics = st.builds(
    Diagnostic,
    texts,
    texts,
    st.sampled_from(Severity),
    st.none() | texts,
    st.none() | texts,
    st.none() | texts,
    st.lists(fixes, max_size=2).map(tuple),
    texts,
    st.lists(texts, max_size=2).map(tuple),
)


@given(diagnostics)
def test_whole_there_and_back(diagnostic: Diagnostic) -> None:
    assert heard(json.loads(json.dumps(told(diagnostic)))) == diagnostic


@pytest.mark.parametrize("change", [{"code": 3}, {"severity": "awful"}, {"fixes": [{}]}, {"path": 7}, {"node": []}])
def test_what_is_no_diagnostic_is_refused(change: dict[str, object]) -> None:
    with pytest.raises(ValueError):
        heard(told(Diagnostic("a.b", "A sentence.")) | change)
