"""Messages as bytes: chapter 05."""

import struct
from types import SimpleNamespace as Record

from primitives import sha256

(
    INVITATION,
    KEYS,
    COHORT,
    SHARES,
    DELIVERY,
    INPUT,
    SURVIVORS,
    CONSISTENCY,
    UNMASK_REQUEST,
    UNMASK,
    RESULT,
    ABORTED,
    WITHDRAWAL,
    PLAIN,
) = range(1, 15)
FROM_CLIENT = {KEYS, SHARES, INPUT, CONSISTENCY, UNMASK, WITHDRAWAL, PLAIN}

MALFORMED, TOO_LARGE, UNSUPPORTED = 1, 2, 3
REASONS = range(1, 40)
COMPLAINT_KINDS = (8, 15, 16)


class Refused(Exception):
    """Bytes that are no message; the fault's number."""

    def __init__(self, fault):
        super().__init__(fault)
        self.fault = fault


def label(name):
    return b"SecureFed/1 " + name.encode()


def u16(value):
    return struct.pack("<H", value)


def u32(value):
    return struct.pack("<I", value)


def u64(value):
    return struct.pack("<Q", value)


def short(data):
    return bytes([len(data)]) + data


def party_set(size, members):
    bitmap = bytearray((size + 7) // 8)
    for member in members:
        bitmap[member // 8] |= 1 << member % 8
    return u16(size) + bytes(bitmap)


class Reader:
    def __init__(self, data, parties):
        self.data, self.at, self.parties = data, 0, parties

    def take(self, count):
        if self.at + count > len(self.data):
            raise Refused(MALFORMED)
        self.at += count
        return self.data[self.at - count : self.at]

    def number(self, size):
        return int.from_bytes(self.take(size), "little")

    def short(self, least, most):
        size = self.number(1)
        if not least <= size <= most:
            raise Refused(MALFORMED)
        return self.take(size)

    def count(self, most):
        count = self.number(2)
        if count > most:
            raise Refused(TOO_LARGE)
        return count

    def name(self):
        name = self.short(1, 64)
        if any(b not in b"abcdefghijklmnopqrstuvwxyz0123456789-_." for b in name):
            raise Refused(MALFORMED)
        return name.decode()

    def text(self):
        try:
            text = self.short(0, 200).decode("utf-8")
        except UnicodeDecodeError:
            raise Refused(MALFORMED) from None
        if any(ord(c) < 32 or 127 <= ord(c) < 160 for c in text):
            raise Refused(MALFORMED)
        return text

    def set(self):
        size = self.number(2)
        if size != self.parties:
            raise Refused(MALFORMED)
        bitmap = self.take((size + 7) // 8)
        members = [i for i in range(8 * len(bitmap)) if bitmap[i // 8] >> i % 8 & 1]
        if members and members[-1] >= size:
            raise Refused(MALFORMED)
        return members

    def registered(self, numbers):
        number = self.number(2)
        if number not in numbers:
            raise Refused(MALFORMED)
        return number

    def ascending(self, values):
        if any(a >= b for a, b in zip(values, values[1:])):
            raise Refused(MALFORMED)


def read_descriptor(data):
    reader = Reader(data, 4096)
    d = _descriptor(reader)
    if reader.at != len(data):
        raise Refused(MALFORMED)
    return d


def layers_of(s, parties, removable):
    """02 layers-2."""
    divisors = [parties] + [(parties - k + 1) * (parties - k) for k in range(1, removable + 1)]
    return [-(-s // divisor) for divisor in divisors]


def _privacy(r, parties):
    mechanism = r.number(1)
    if mechanism == 0:
        return r.text(), None
    if mechanism not in (1, 2):
        raise Refused(MALFORMED)
    noise = Record(variance=r.number(8), layers=None)
    if mechanism == 2:
        s, removable = noise.variance, r.number(2)
        if not (1 <= s <= 2**62 and parties >= 2 and 1 <= removable < parties):
            raise Refused(MALFORMED)
        noise.layers = layers_of(s, parties, removable)
        noise.variance = sum(noise.layers)
    noise.examples, noise.divisor = r.number(4), struct.unpack("<d", r.take(8))[0]
    noise.unit, noise.relation = r.number(1), r.number(1)
    noise.rate = struct.unpack("<d", r.take(8))[0]
    noise.compression = r.number(1)
    finite = 0 < noise.divisor < float("inf") and 0 < noise.rate < float("inf")
    if noise.variance >= 2**63 or noise.examples >= 2**31 or 0 in (noise.unit, noise.relation) or not finite:
        raise Refused(MALFORMED)
    return "", noise


def _descriptor(r):
    d = Record(suite=r.number(2), scheme=r.number(1), unprotected_because=r.text(), length=r.number(4))
    d.clip_norm = struct.unpack("<d", r.take(8))[0]
    d.fraction_bits, d.maximum_participants, d.maximum_weight = r.number(1), r.number(2), r.number(8)
    d.metrics = [
        Record(name=r.name(), count=r.number(2), maximum=r.number(8), fraction_bits=r.number(1))
        for _ in range(r.count(64))
    ]
    d.ring_bits, d.threshold, d.minimum_survivors, d.collusion_bound = (
        r.number(1),
        r.number(2),
        r.number(2),
        r.number(2),
    )
    d.no_privacy_because, d.noise = _privacy(r, d.maximum_participants)
    d.model, d.federation = r.take(32), r.name()
    d.round, d.attempt = r.number(8), r.number(4)
    d.roster = [(r.name(), r.short(1, 133)) for _ in range(r.count(4096))]
    r.ascending([name.encode() for name, _ in d.roster])
    if 0 in (d.suite, d.scheme) or not 0 < d.clip_norm < float("inf"):
        raise Refused(MALFORMED)
    names = {metric.name for metric in d.metrics}
    if len(names) != len(d.metrics) or sum(metric.count for metric in d.metrics) > 4096:
        raise Refused(MALFORMED)
    for metric in d.metrics:
        if metric.count < 1 or not 1 <= metric.maximum < 2**63 or metric.fraction_bits > 60:
            raise Refused(MALFORMED)
    return d


def _entry(r):
    return Record(sender=r.number(2), channel=r.short(1, 133), mask=r.short(1, 133), commitment=r.take(32))


def _dealt(r):
    return Record(key_commitment=r.take(32), seed_commitment=r.take(32), ciphertext=r.short(0, 132))


def _envelope(r):
    start = r.at
    e = Record(dealer=r.number(2), share=_dealt(r))
    count = r.number(1)
    if count > 12:
        raise Refused(MALFORMED)
    e.path, e.signature = [r.take(32) for _ in range(count)], r.take(64)
    e.bytes = r.data[start : r.at]
    return e


def decode(data, parties):
    """The message, or Refused: limits-2 gives the order."""
    if data[:2] != b"SF"[: len(data)] or len(data) < 3:
        raise Refused(MALFORMED)
    if data[2] != 1:
        raise Refused(UNSUPPORTED)
    if len(data) < 36 or data[3] not in range(1, 15) or data[4:36] == bytes(32):
        raise Refused(MALFORMED)
    m = Record(type=data[3], session=data[4:36], bytes=data)
    r = Reader(data, parties)
    r.at = 36
    if m.type in FROM_CLIENT:
        m.sender = r.number(2)
    body = r.at
    if m.type == INVITATION:
        m.descriptor = _descriptor(r)
    elif m.type == KEYS:
        m.channel, m.mask, m.commitment = r.short(1, 133), r.short(1, 133), r.take(32)
    elif m.type == COHORT:
        m.entries = []
        for _ in range(r.count(parties)):
            start = r.at
            entry = _entry(r)
            entry.keys = data[start + 2 : r.at]
            entry.signature = r.take(64)
            m.entries.append(entry)
        r.ascending([entry.sender for entry in m.entries])
    elif m.type == SHARES:
        m.shares = [_dealt(r) for _ in range(r.count(parties))]
    elif m.type == DELIVERY:
        m.receiver, m.sharers = r.number(2), r.set()
        m.envelopes = [_envelope(r) for _ in range(r.count(parties))]
        r.ascending([e.dealer for e in m.envelopes])
    elif m.type == INPUT:
        m.sharers = r.set()
        m.complaints = [(r.number(2), r.registered(COMPLAINT_KINDS)) for _ in range(r.count(parties))]
        r.ascending([dealer for dealer, _ in m.complaints])
        m.vector = r.take(r.number(4))
    elif m.type == SURVIVORS:
        m.survivors = r.set()
    elif m.type == CONSISTENCY:
        m.sharers, m.survivors = r.set(), r.set()
    elif m.type == UNMASK_REQUEST:
        m.survivors = r.set()
        m.signatures = [(r.number(2), r.take(64)) for _ in range(r.count(2 * parties))]
    elif m.type == UNMASK:
        m.survivors, m.dealers = r.set(), r.set()
        m.shares = [(r.take(32), r.take(16)) for _ in m.dealers]
        m.layer_seed = r.short(0, 32)
        if len(m.layer_seed) not in (0, 32):
            raise Refused(MALFORMED)
    elif m.type == RESULT:
        m.survivors, m.sum_digest = r.set(), r.take(32)
    elif m.type in (ABORTED, WITHDRAWAL):
        m.reason, m.named = r.registered(REASONS), r.set()
    elif m.type == PLAIN:
        m.vector = r.take(r.number(4))
    if m.type in FROM_CLIENT:
        m.body = data[body : r.at]
        m.signature = r.take(64)
    if r.at != len(data):
        raise Refused(MALFORMED)
    return m


def header(kind, session):
    return b"SF" + bytes([1, kind]) + session


def signed_content(kind, session, sender, body_digest):
    """signing-1."""
    return label("signature") + header(kind, session) + u16(sender) + body_digest


def content_of(message, root=None):
    """signing-2, signing-3."""
    return signed_content(message.type, message.session, message.sender, root or sha256(message.body))


# --- digests and the share tree ------------------------------------------------------------------------------------


def seed_commitment(d, sender, seed):
    return sha256(label("seed commitment") + d + u16(sender) + seed)


def share_commitment(kind, k, dealer, holder, share, salt):
    return sha256(label("share commitment") + bytes([kind]) + k + u16(dealer) + u16(holder) + share + salt)


def leaf(k, dealer, holder, share):
    return sha256(
        b"\0"
        + label("share leaf")
        + k
        + u16(dealer)
        + u16(holder)
        + share.key_commitment
        + share.seed_commitment
        + sha256(share.ciphertext)
    )


def node(left, right):
    return sha256(b"\1" + label("share node") + left + right)


def root_of(leaves):
    """share-tree-3, level by level."""
    while len(leaves) > 1:
        above = [node(leaves[i], leaves[i + 1]) for i in range(0, len(leaves) - 1, 2)]
        leaves = above + leaves[2 * len(above) :]
    return leaves[0]


def path_of(leaves, index):
    path = []
    while len(leaves) > 1:
        if index ^ 1 < len(leaves):
            path.append(leaves[index ^ 1])
        above = [node(leaves[i], leaves[i + 1]) for i in range(0, len(leaves) - 1, 2)]
        leaves, index = above + leaves[2 * len(above) :], index // 2
    return path


def root_from_path(current, index, count, path):
    """share-tree-4; None when the path has another length."""
    path = list(path)
    while count > 1:
        if not (index == count - 1 and count % 2):
            if not path:
                return None
            sibling = path.pop(0)
            current = node(sibling, current) if index % 2 else node(current, sibling)
        index, count = index // 2, (count + 1) // 2
    return None if path else current


def key_info(suite, k, purpose, first, second):
    return label("derived key") + u16(suite) + k + bytes([purpose]) + u16(first) + u16(second)


def associated_data(suite, k, dealer, holder):
    return label("sealed share") + u16(suite) + k + u16(dealer) + u16(holder)
