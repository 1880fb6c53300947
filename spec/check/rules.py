"""What a descriptor must satisfy, what a client's own floors add, and the sparse graph: 03 descriptor-2, graph-1; 06 floors-1."""

from fractions import Fraction
from math import comb, isqrt

from primitives import sha256
from wire import label, u32

COMPLETE, SPARSE, UNPROTECTED = 1, 2, 255


def coordinate_bound(d):
    """01 encode-2."""
    return int(Fraction(d.clip_norm) * 2**d.fraction_bits)


def noise_fits(d):
    """02 shares-1, shares-3 and compressed-1."""
    in_range = 100 <= d.noise.variance <= 2**58 and 1 <= d.noise.examples <= 2**24 and d.noise.divisor >= 2**-60
    wide_enough = min(d.noise.layers or [100]) >= 100
    wide_enough = wide_enough and not (d.noise.layers and d.noise.compression)
    return in_range and wide_enough and d.noise.compression in (0, 20, 24) and not d.maximum_weight and not d.metrics


def refuse_noise(d):
    """02 shares-6."""
    n = d.noise
    return (
        n.unit not in (1, 2)
        or n.relation not in (1, 2)
        or n.rate > 1
        or (n.rate < 1 and (n.unit, n.relation) != (1, 1))
        or (n.unit == 2 and n.examples != 1)
        or d.scheme not in (COMPLETE, SPARSE)
        or (d.scheme == COMPLETE and d.minimum_survivors - d.collusion_bound < 1)
        or (n.layers and (d.scheme != COMPLETE or d.maximum_participants - len(n.layers) + 1 != d.minimum_survivors))
    )


def noise_bound(d):
    """01 width-5: T."""
    exponent = (2 * 10**20 * d.length).bit_length() * 693148 // 10**6 + 1
    square = 2 * d.maximum_participants * d.noise.variance * exponent
    return isqrt(square - 1) + 1


def ring_bits(d):
    """01 width-1, width-5; 02 compressed-1 and compressed-4, where no width fits a coordinate of 2^30."""
    if d.noise and d.noise.compression:
        return d.noise.compression if coordinate_bound(d) < 2**30 else 65
    if d.noise:
        bound = d.maximum_participants * d.noise.examples * coordinate_bound(d) + noise_bound(d)
        return max(2, bound.bit_length() + 1)
    largest = max([coordinate_bound(d), d.maximum_weight] + [metric.maximum for metric in d.metrics])
    return max(2, (d.maximum_participants * largest).bit_length() + 1)


def ring_length(d):
    return d.length + (1 if d.maximum_weight else 0) + sum(metric.count for metric in d.metrics)


def graph_size(n, corrupt, survivors):
    """graph-1 by sizing-1 in whole numbers: k, t, t1, or None."""
    if not (0 <= corrupt <= n and 0 <= survivors <= n):
        return None
    bad = corrupt + n - survivors

    def above(marked, k, bound):
        return sum(comb(marked, x) * comb(n - marked, k - x) for x in range(bound + 1, min(marked, k) + 1))

    t1 = 0
    for k in range(2, n, 2):
        draws = comb(n, k)
        while above(corrupt, k, t1) * n << 121 > draws:
            t1 += 1
        t = (k + t1) // 2 + 1
        if t - t1 < 8 or t > k:
            continue
        too_few = draws - above(survivors, k, t - 1)
        connected = k > bad or k == n - 1 or n * (n - k - 1) * comb(n - k, bad - k) << 120 < comb(n, bad)
        if too_few * n << 20 < draws and connected:
            return k, t, t1
    return None


def ring_order(k, n):
    """graph-2."""

    def words():
        block = 0
        while True:
            digest = sha256(label("graph") + k + u32(block))
            for i in range(0, 32, 4):
                yield int.from_bytes(digest[i : i + 4], "little")
            block += 1

    stream = words()
    order = list(range(n))
    for i in range(n - 1, 0, -1):
        word = next(stream)
        while word >= 2**32 // (i + 1) * (i + 1):
            word = next(stream)
        j = word % (i + 1)
        order[i], order[j] = order[j], order[i]
    return order


def neighbours(order, place, k):
    """graph-3."""
    return sorted(order[(place + step) % len(order)] for step in range(-(k // 2), k // 2 + 1) if step)


def refuse_descriptor(d):
    """The reason why nobody may run this round, or None: descriptor-2, descriptor-3, threshold-1."""
    n, t, u, c = len(d.roster), d.threshold, d.minimum_survivors, d.collusion_bound
    if d.suite not in (1, 2):
        return 24
    if not d.noise and not d.no_privacy_because.strip():
        return 30
    if d.attempt == 0:
        return 7
    if n < 2:
        return 5
    if len({key for _, key in d.roster}) != n:
        return 3
    if d.scheme in (COMPLETE, SPARSE):
        if d.scheme != (SPARSE if n > 256 else COMPLETE):
            return 6
        if d.unprotected_because:
            return 7
        if t < 2 or t > n or t <= c or 2 * t <= n + c or u < t or u > n:
            return 23
        if d.scheme == SPARSE and graph_size(n, c, u) is None:
            return 6
    elif d.scheme == UNPROTECTED:
        if not d.unprotected_because.strip():
            return 29
        if t != 0 or not 1 <= u <= n:
            return 16
    else:
        return 6
    if n > d.maximum_participants:
        return 14
    if d.noise and not noise_fits(d):
        return 14
    needed = ring_bits(d)
    if needed > min(64, d.ring_bits):
        return 14
    return 7 if needed < d.ring_bits else 30 if d.noise and refuse_noise(d) else None


def refuse_offer(d, own, local):
    """The reason why this client does not join, or None: descriptor rules, then its own configuration."""
    reason = refuse_descriptor(d)
    if reason:
        return reason
    if d.federation != local.federation:
        return 38
    if any(entry not in local.roster for entry in d.roster):
        return 27
    if own not in [name for name, _ in d.roster]:
        return 19
    if d.model != local.model:
        return 26
    if d.suite not in local.suites:
        return 24
    least = max(local.minimum_cohort, local.minimum_cohort_for_metrics if d.metrics else 0)
    if len(d.roster) < least or d.minimum_survivors < least:
        return 5
    if not local.without_noise:
        return 30
    if d.scheme == UNPROTECTED:
        return 29
    if d.collusion_bound < local.collusion_bound:
        return 23
    if max(0, d.threshold - d.collusion_bound) < local.effective_cohort:
        return 28
    for kind, _, content in local.history:
        if kind in (1, 4):
            past, attempt = int.from_bytes(content[:8], "little"), int.from_bytes(content[8:12], "little")
            if content[12:].decode() == d.federation and (
                (d.round, d.attempt) <= (past, attempt) if kind == 1 else d.round <= past
            ):
                return 17
    return None
