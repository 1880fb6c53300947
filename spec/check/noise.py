"""The discrete Gaussian of 02-privacy from words, in plain integers (sampler-2, sampler-3)."""

import itertools
import math

import primitives as p
import wire as w

BITS = 4096


def _inverse_e():
    guard = 64
    term = total = 1 << (BITS + guard)
    for n in itertools.count(1):
        term //= n
        if not term:
            return total >> guard
        total += term if n % 2 == 0 else -term


INVERSE_E = _inverse_e()


def words(case):
    """The stream of a case: spec/vectors/README.md."""
    for block in itertools.count():
        data = p.sha256(f"{case}/words".encode() + w.u32(block))
        for at in range(0, len(data), 4):
            yield int.from_bytes(data[at : at + 4], "little")


def below(bound, stream):
    while True:
        high, low = divmod(next(stream) * bound, 1 << 32)
        if low >= (1 << 32) % bound:
            return high


def happens(numerator, denominator, stream):
    while True:
        digit, numerator = divmod(numerator << 32, denominator)
        word = next(stream)
        if word != digit or not numerator:
            return word < digit


def happens_by_exponential(numerator, denominator, stream):
    while numerator >= denominator:
        if not happens(INVERSE_E, 1 << BITS, stream):
            return False
        numerator -= denominator
    k = 1
    while happens(numerator, k * denominator, stream):
        k += 1
    return k % 2 == 1


def draw(variance, stream):
    scale = math.isqrt(variance) + 1
    while True:
        magnitude, negative = divmod(below(2 * scale, stream), 2)
        if not happens_by_exponential(magnitude, scale, stream):
            continue
        while happens(INVERSE_E, 1 << BITS, stream):
            magnitude += scale
        if negative and not magnitude:
            continue
        distance = magnitude * scale - variance
        if happens_by_exponential(distance * distance, 2 * variance * scale * scale, stream):
            return -magnitude if negative else magnitude


def keystream_words(key):
    """03 keystream-1."""
    aes = p.Aes256(key)
    for block in itertools.count():
        data = aes.block(block.to_bytes(16, "big"))
        for at in range(0, 16, 4):
            yield int.from_bytes(data[at : at + 4], "little")


def check_layers(case):
    """layers-2 and layers-3: None, or what differs."""
    variances = w.layers_of(int(case["variance"]), case["parties"], case["removable"])
    seed = p.sha256(f"{case['id']}/seed".encode())
    found = [0] * len(case["sums"])
    for layer, variance in enumerate(variances):
        if layer == 0:
            continue
        if layer >= case["first"]:
            stream = keystream_words(p.hkdf(seed, w.label("noise layer")))
            found = [total + draw(variance, stream) for total in found]
        seed = p.hkdf(seed, w.label("noise chain"))
    for at, wanted in enumerate(case["sums"]):
        if found[at] != int(wanted):
            return f"sum {at}: found {found[at]}, the vectors have {wanted}"
    return None


def check(case):
    """None, or what differs."""
    used = 0

    def counted():
        nonlocal used
        for word in words(case["id"]):
            used += 1
            yield word

    stream = counted()
    for at, wanted in enumerate(case["samples"]):
        found = draw(int(case["variance"]), stream)
        if found != int(wanted):
            return f"sample {at}: found {found}, the vectors have {wanted}"
    return None if used == case["words"] else f"{used} words were used, the vectors have {case['words']}"
