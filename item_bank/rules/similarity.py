"""How alike texts are: character 2- and 3-grams weighted by rarity, compared by their cosine.

Works on any texts; what a likeness between two items means is decided in ``duplicates``.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import TypeAlias, cast

import numpy as np
import numpy.typing as npt
import scipy  # its parts are loaded when first used

Vectors: TypeAlias = "scipy.sparse.csr_array"  # one row of unit length per text
Floats = npt.NDArray[np.float32]
Places = npt.NDArray[np.int64]

CHARACTER_BITS = 21  # of a code point; three of them fit into 63 bits
BLOCK_ROWS = 1024  # of the product, so that a part of it fits into memory
STRIP_ROWS = 16384
WORK_PER_ROW = 4000
ROUNDING = 1e-5  # float32 sums of some sixty products differ from exact ones by less


@dataclass(frozen=True)
class GramWeights:
    """How rare each gram is among the texts of an index.

    ``vocabulary`` holds the sorted codes of the grams, ``rarity`` their inverse document
    frequency, ``unseen`` that of a gram that no text holds.
    """

    vocabulary: npt.NDArray[np.uint64]
    rarity: Floats
    unseen: float


def fit_grams(texts: Sequence[str]) -> tuple[GramWeights, Vectors]:
    """Weigh the grams of texts and return the texts as vectors.

    Parameters
    ----------
    texts : sequence of str
        N plain texts without line feeds.

    Returns
    -------
    weights : GramWeights
        Inverse document frequency ``ln((1 + N) / (1 + df)) + 1`` [1]_ of each of G grams.
    vectors : (N, G) csr_array of float32
        Rows of unit length; columns follow ``weights.vocabulary``.

    References
    ----------
    .. [1] G. Salton, C. Buckley, "Term-weighting approaches in automatic text retrieval", 1988.
    """
    rows, grams = _grams(texts)
    vocabulary, columns = np.unique(grams, return_inverse=True)
    counts = _counts(rows, columns, (len(texts), len(vocabulary)))
    held = np.bincount(counts.indices, minlength=len(vocabulary))
    total = 1 + len(texts)
    rarity = (np.log(total / (1 + held)) + 1).astype(np.float32)
    weights = GramWeights(vocabulary, rarity, float(np.log(total) + 1))
    return weights, _unit_rows(counts, rarity)


def weigh(texts: Sequence[str], weights: GramWeights) -> Vectors:
    """Return texts as vectors by weights that were fitted before; columns are their own grams."""
    vectors, _vocabulary = _weighed(texts, weights)
    return vectors


def similarities(text: str, weights: GramWeights, postings: Vectors) -> Floats:
    """Compare one text with all texts of an index.

    Parameters
    ----------
    text : str
        A plain text.
    weights : GramWeights
        Weights of the index.
    postings : (G, N) csr_array of float32
        The vectors of the index, transposed: for each gram the texts that hold it.

    Returns
    -------
    (N,) float32 ndarray
        Cosines, 0 to 1.
    """
    vector, own = _weighed([text], weights)
    places, is_known = _places(own, weights)
    strengths = np.zeros(len(own), np.float32)
    strengths[vector.indices] = vector.data
    found = postings[places[is_known]]
    return cast(Floats, found.T @ strengths[is_known])


def alike_pairs(
    vectors: Vectors,
    threshold: float,
    *,
    work_per_row: int = WORK_PER_ROW,
    strip_rows: int = STRIP_ROWS,
) -> tuple[Places, Places, Floats]:
    """Return the pairs of rows whose cosine reaches a threshold; none is missed.

    Frequent grams make nearly all the work and say nearly nothing. They are left out of the
    product: for rows with frequent parts of lengths f and g the rare parts alone must reach
    ``threshold - f g`` (Cauchy and Schwarz). The few rows for which this is no condition are
    compared in full, and so are the pairs that pass.

    Parameters
    ----------
    vectors : (N, G) csr_array
        Rows of unit length.
    threshold : float
        Above 0, at most 1.
    work_per_row : int
        Products that the rare grams may cost per row; below it no gram is left out.
    strip_rows : int
        Rows that share one transposed matrix of all later rows.

    Returns
    -------
    first, second : (P,) int64 ndarrays
        Rows of each pair, ``first < second``, in order.
    cosine : (P,) float32 ndarray
    """
    rare, frequent = _split(vectors, work_per_row)
    is_plain = frequent < threshold - ROUNDING
    plain, stock = np.flatnonzero(is_plain), np.flatnonzero(~is_plain)
    pairs = [
        *_pairs_within(rare[plain], (plain, frequent[plain]), threshold, strip_rows),
        *_pairs_across(vectors[stock], stock, vectors, threshold),
    ]
    first = np.concatenate([pair[0] for pair in pairs] or [np.empty(0, np.int64)])
    second = np.concatenate([pair[1] for pair in pairs] or [np.empty(0, np.int64)])
    code = np.unique(np.minimum(first, second) * len(frequent) + np.maximum(first, second))
    first, second = np.divmod(code, max(1, len(frequent)))
    cosine = row_products(vectors, first, second)
    kept = cosine >= threshold - ROUNDING
    return first[kept], second[kept], cosine[kept]


def row_products(vectors: Vectors, first: Places, second: Places) -> Floats:
    """Return the products of pairs of rows."""
    products = [np.empty(0, np.float32)]
    for start in range(0, len(first), BLOCK_ROWS * 16):
        part = slice(start, start + BLOCK_ROWS * 16)
        products.append(vectors[first[part]].multiply(vectors[second[part]]).sum(axis=1))
    return np.concatenate(products)


def _split(vectors: Vectors, work_per_row: int) -> tuple[Vectors, Floats]:
    """Return the rows without frequent grams, and the length of what was left out of each."""
    count = vectors.shape[0]
    held = np.bincount(vectors.indices, minlength=vectors.shape[1])
    work = np.cumsum(np.sort(held).astype(np.float64) ** 2)
    affordable = int(np.searchsorted(work, work_per_row * count, side="right"))
    limit = np.sort(held)[affordable] if affordable < len(held) else count + 1
    is_frequent = held[vectors.indices] >= limit
    squares = np.where(is_frequent, vectors.data, np.float32(0)) ** 2
    frequent = np.sqrt(np.add.reduceat(squares, vectors.indptr[:-1]))
    rare = vectors.copy()
    rare.data[is_frequent] = 0
    rare.eliminate_zeros()
    return rare, frequent


def _pairs_within(
    rare: Vectors, rows: tuple[Places, Floats], threshold: float, strip_rows: int
) -> Iterator[tuple[Places, Places]]:
    """Multiply the upper triangle block by block and keep what may reach the threshold."""
    names, frequent = rows
    count = len(names)
    most = frequent.max(initial=0)
    for strip in range(0, count, strip_rows):
        later = rare[strip:].T.tocsr()
        for start in range(strip, min(strip + strip_rows, count), BLOCK_ROWS):
            product = rare[start : min(start + BLOCK_ROWS, strip + strip_rows)] @ later
            kept = np.flatnonzero(product.data >= threshold - most * most - ROUNDING)
            row = np.searchsorted(product.indptr, kept, side="right") - 1 + start
            column = product.indices[kept].astype(np.int64) + strip
            needed = threshold - frequent[row] * frequent[column] - ROUNDING
            passing = (row < column) & (product.data[kept] >= needed)
            yield names[row[passing]], names[column[passing]]


def _pairs_across(
    stock: Vectors, names: Places, vectors: Vectors, threshold: float
) -> Iterator[tuple[Places, Places]]:
    """Multiply some rows with all rows and keep what reaches the threshold."""
    turned = vectors.T.tocsr() if len(names) else vectors
    for start in range(0, len(names), BLOCK_ROWS):
        product = stock[start : start + BLOCK_ROWS] @ turned
        kept = np.flatnonzero(product.data >= threshold - ROUNDING)
        row = np.searchsorted(product.indptr, kept, side="right") - 1 + start
        column = product.indices[kept].astype(np.int64)
        apart = names[row] != column
        yield names[row[apart]], column[apart]


def _grams(texts: Sequence[str]) -> tuple[Places, npt.NDArray[np.uint64]]:
    """Return the row and code of every 2- and 3-gram; a line feed marks both ends of a text."""
    stream = "\n" + "".join(f"{text}\n" for text in texts)
    codes = np.frombuffer(stream.encode("utf-32-le"), np.uint32).astype(np.uint64)
    is_edge = codes == ord("\n")
    rows = np.cumsum(is_edge)[:-1] - 1  # an edge belongs to the text that it opens
    shift = np.uint64(CHARACTER_BITS)
    pairs = (codes[:-1] << shift) | codes[1:]
    triples = (codes[:-2] << (shift + shift)) | pairs[1:]
    is_inside = ~is_edge[1:-1]
    return (
        np.concatenate([rows, rows[:-1][is_inside]]),
        np.concatenate([pairs, triples[is_inside]]),
    )


def _counts(rows: Places, columns: Places, shape: tuple[int, int]) -> Vectors:
    ones = np.ones(len(rows), np.float32)
    counts = scipy.sparse.coo_array((ones, (rows, columns)), shape=shape).tocsr()
    counts.sum_duplicates()
    return counts


def _unit_rows(counts: Vectors, rarity: Floats) -> Vectors:
    weighed = counts.copy()
    weighed.data = counts.data * rarity[counts.indices]
    lengths = np.sqrt(np.add.reduceat(weighed.data**2, weighed.indptr[:-1]))
    weighed.data /= np.repeat(lengths, np.diff(weighed.indptr))
    return weighed


def _weighed(texts: Sequence[str], weights: GramWeights) -> tuple[Vectors, npt.NDArray[np.uint64]]:
    rows, grams = _grams(texts)
    own, columns = np.unique(grams, return_inverse=True)
    places, is_known = _places(own, weights)
    rarity = np.where(is_known, weights.rarity[places], np.float32(weights.unseen))
    return _unit_rows(_counts(rows, columns, (len(texts), len(own))), rarity), own


def _places(
    grams: npt.NDArray[np.uint64], weights: GramWeights
) -> tuple[Places, npt.NDArray[np.bool_]]:
    """Find grams in a vocabulary; the place of an unknown gram means nothing."""
    places = np.searchsorted(weights.vocabulary, grams)
    places = np.minimum(places, len(weights.vocabulary) - 1)
    return places, weights.vocabulary[places] == grams
