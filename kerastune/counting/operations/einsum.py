"""Einstein sums of any number of operands."""

from collections.abc import Sequence
from math import prod
from string import ascii_letters

from kerastune.backends.tracing import TracedTensor
from kerastune.counting.operations.products import Factor, Product, Work, factor


def einsum_work(subscripts: str, operands: Sequence[TracedTensor]) -> Work:
    """The multiply-accumulates of an Einstein sum, its operands taken from left to right.

    What occurs in one operand alone is summed first. A product that sums over nothing is no
    contraction: it costs one FLOP an element.

    Args:
        subscripts: str, such as `"...ij,jk->...ik"`.
        operands: sequence of `TracedTensor`.

    Returns:
        The `Work`.

    Example:

    >>> left, right = TracedTensor(1, (2, 3, 4), "float32"), TracedTensor(2, (4, 5), "float32")
    >>> einsum_work("abc,cd->abd", (left, right)).products[0].macs
    120
    """
    terms, result = _terms(subscripts, operands)
    sizes: dict[str, int] = {}
    for term, operand in zip(terms, operands, strict=True):
        for index, size in zip(term, operand.shape, strict=True):
            sizes[index] = max(size, sizes.get(index, 1))

    def size_of(indices: set[str]) -> int:
        return prod(sizes[index] for index in indices)

    products: list[Product] = []
    flops = 0
    done, made = set(terms[0]), factor(operands[0])
    for position, operand in enumerate(operands[1:], 1):
        later = set(result).union(*terms[position + 1 :])
        left, right = done & (set(terms[position]) | later), set(terms[position]) & (done | later)
        flops += size_of(done) if left != done else 0
        flops += operand.size if right != set(terms[position]) else 0
        every, summed = left | right, (left & right) - later
        if summed:
            products.append(Product(size_of(every), made, factor(operand)))
        else:
            flops += size_of(every)
        done = every - summed
        made = Factor((*made.tensors, operand), size_of(done))
    if done - set(result):
        flops += size_of(done)
    return Work(tuple(products), flops)


def _terms(subscripts: str, operands: Sequence[TracedTensor]) -> tuple[list[str], str]:
    """The indices of each operand and of the result, with letters for dots."""
    given, _, result = subscripts.replace(" ", "").partition("->")
    terms = given.split(",")
    letters = [letter for letter in ascii_letters if letter not in subscripts]
    ranks = [
        len(operand.shape) - len(term.replace("...", "")) if "..." in term else 0
        for term, operand in zip(terms, operands, strict=True)
    ]
    dots = "".join(letters[: max(ranks)])
    # The dots of an operand with fewer axes stand for the last ones, as in broadcasting.
    terms = [
        term.replace("...", dots[len(dots) - rank :])
        for term, rank in zip(terms, ranks, strict=True)
    ]
    if "->" not in subscripts:
        every = "".join(terms)
        once = sorted(index for index in set(every) - set(dots) if every.count(index) == 1)
        return terms, dots + "".join(once)
    return terms, result.replace("...", dots)
