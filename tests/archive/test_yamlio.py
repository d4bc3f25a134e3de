"""YAML is read strictly: no key twice, whatever else stands beside it, and one sentence for what is none."""

import pytest

from nuanomaly.archive import yamlio


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("x: &a {p: 1}\ny: {<<: *a, q: 2}\n", {"x": {"p": 1}, "y": {"p": 1, "q": 2}}),
        ("{<<: {b: 1}, d: 3}", {"b": 1, "d": 3}),
        ("=: 3\n", {"=": 3}),
        ("{1: a, false: b}", {1: "a", False: "b"}),
    ],
)
def test_mappings_are_those_of_yaml(text: str, expected: object) -> None:
    assert yamlio.parse(text) == expected


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("a: 1\na: 2\n", "line 2: the key 'a' stands twice"),
        ("x: &a {p: 1}\ny: {<<: *a, q: 2, q: 3}\n", "line 2: the key 'q' stands twice"),
        ("? [a, b]\n: c\n", "found unhashable key"),
        ("{a: 1}: 2\n", "found unhashable key"),
        ("x: {<<: 3, a: 1}\n", "expected a mapping"),
        ("x:\n  " + "[" * 5000 + "]" * 5000, "nested too deeply"),
        ("x:\n  " + "[" * 300_000 + "]" * 300_000, "line 2: nested too deeply"),
        ("x:\n  " + "{a: " * 300_000, "line 2: nested too deeply"),
        ("x:\n  " + "- " * 300_000, "line 2: nested too deeply"),
    ],
)
def test_what_is_no_mapping_is_one_sentence(text: str, said: str) -> None:
    with pytest.raises(yamlio.YamlError, match=said):
        yamlio.parse(text, "a file")
