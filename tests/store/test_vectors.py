import numpy as np

from hame_match.store import Store

ONE = np.array([0.1, -0.2, 3e-8], dtype=np.float32)
TWO = np.array([1.0, 0.0, 0.0], dtype=np.float32)


def test_a_vector_comes_back_bit_for_bit(store: Store) -> None:
    with store.transaction():
        store.vectors.put({"a": ONE}, "m1")
    found = store.vectors.load(["a"], "m1")["a"]
    assert found.dtype == np.float32
    np.testing.assert_array_equal(found, ONE)


def test_vectors_of_two_models_never_mix(store: Store) -> None:
    with store.transaction():
        store.vectors.put({"a": ONE}, "m1")
        store.vectors.put({"a": TWO}, "m2")
    np.testing.assert_array_equal(store.vectors.load(["a"], "m1")["a"], ONE)
    np.testing.assert_array_equal(store.vectors.load(["a"], "m2")["a"], TWO)
    assert store.vectors.load(["a"], "m3") == {}


def test_only_what_is_asked_for_and_stored_is_returned(store: Store) -> None:
    with store.transaction():
        store.vectors.put({"a": ONE, "b": TWO}, "m1")
    assert store.vectors.load(["b", "missing"], "m1").keys() == {"b"}
    assert store.vectors.load([], "m1") == {}


def test_a_row_of_another_layout_or_precision_is_stored_as_float32(store: Store) -> None:
    matrix = np.arange(6, dtype=np.float64).reshape(3, 2)
    with store.transaction():
        store.vectors.put({"column": matrix[:, 1]}, "m1")
    np.testing.assert_array_equal(store.vectors.load(["column"], "m1")["column"], np.float32([1, 3, 5]))


def test_a_vector_put_again_replaces_the_old_one(store: Store) -> None:
    with store.transaction():
        store.vectors.put({"a": ONE}, "m1")
        store.vectors.put({"a": TWO}, "m1")
    np.testing.assert_array_equal(store.vectors.load(["a"], "m1")["a"], TWO)
