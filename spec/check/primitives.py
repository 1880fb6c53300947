"""What the protocol is built from, in plain Python: short and slow, from the standards and chapter 03."""

import hashlib
import hmac

# --- hashing -----------------------------------------------------------------------------------------------------


def sha256(data):
    return hashlib.sha256(data).digest()


def hkdf(key, info, length=32):
    """RFC 5869 with SHA-256 and an empty salt."""
    extracted = hmac.new(bytes(32), key, hashlib.sha256).digest()
    output = block = b""
    counter = 1
    while len(output) < length:
        block = hmac.new(extracted, block + info + bytes([counter]), hashlib.sha256).digest()
        output += block
        counter += 1
    return output[:length]


# --- AES-256, counter mode, GCM (FIPS 197, SP 800-38A, SP 800-38D) -------------------------------------------------


def _times(a, b):
    product = 0
    while b:
        product ^= a if b & 1 else 0
        a = (a << 1) ^ (0x11B if a & 0x80 else 0)
        b >>= 1
    return product


def _sbox_entry(value):
    inverse = next((x for x in range(256) if _times(value, x) == 1), 0)
    rotated = inverse
    for _ in range(4):
        inverse = (inverse << 1 | inverse >> 7) & 255
        rotated ^= inverse
    return rotated ^ 0x63


SBOX = [_sbox_entry(value) for value in range(256)]
TIMES2 = [_times(value, 2) for value in range(256)]
TIMES3 = [_times(value, 3) for value in range(256)]


class Aes256:
    def __init__(self, key):
        words = [list(key[i : i + 4]) for i in range(0, 32, 4)]
        constant = 1
        for i in range(8, 60):
            word = list(words[-1])
            if i % 8 == 0:
                word = [SBOX[b] for b in word[1:] + word[:1]]
                word[0] ^= constant
                constant = TIMES2[constant]
            elif i % 8 == 4:
                word = [SBOX[b] for b in word]
            words.append([a ^ b for a, b in zip(words[i - 8], word)])
        self.rounds = [sum(words[4 * i : 4 * i + 4], []) for i in range(15)]

    def block(self, data):
        state = [a ^ b for a, b in zip(data, self.rounds[0])]
        for number in range(1, 15):
            state = [SBOX[state[(i + 4 * (i % 4)) % 16]] for i in range(16)]
            if number < 14:
                mixed = []
                for c in range(0, 16, 4):
                    column = state[c : c + 4]
                    for i in range(4):
                        a, b, d, e = (column[(i + j) % 4] for j in range(4))
                        mixed.append(TIMES2[a] ^ TIMES3[b] ^ d ^ e)
                state = mixed
            state = [a ^ b for a, b in zip(state, self.rounds[number])]
        return bytes(state)


def keystream(key, length):
    """03 keystream-1: block i is AES-256(key, i as a 128-bit big-endian number)."""
    aes = Aes256(key)
    blocks = [aes.block(i.to_bytes(16, "big")) for i in range((length + 15) // 16)]
    return b"".join(blocks)[:length]


def _ghash(h, data):
    h = int.from_bytes(h, "big")
    y = 0
    for start in range(0, len(data), 16):
        y ^= int.from_bytes(data[start : start + 16].ljust(16, b"\0"), "big")
        product, factor = 0, h
        for bit in range(127, -1, -1):
            if y >> bit & 1:
                product ^= factor
            factor = (factor >> 1) ^ (0xE1 << 120 if factor & 1 else 0)
        y = product
    return y.to_bytes(16, "big")


def _gcm(key, text, associated, encrypted):
    aes = Aes256(key)
    start = bytes(12)
    output = b"".join(
        bytes(a ^ b for a, b in zip(text[i : i + 16], aes.block(start + (i // 16 + 2).to_bytes(4, "big"))))
        for i in range(0, len(text), 16)
    )
    cipher = text if encrypted else output

    def pad(data):
        return data + bytes(-len(data) % 16)

    lengths = (8 * len(associated)).to_bytes(8, "big") + (8 * len(cipher)).to_bytes(8, "big")
    digest = _ghash(aes.block(bytes(16)), pad(associated) + pad(cipher) + lengths)
    tag = bytes(a ^ b for a, b in zip(digest, aes.block(start + (1).to_bytes(4, "big"))))
    return output, tag


def seal(key, text, associated):
    """AES-256-GCM with an all-zero nonce: 03 sealing-2."""
    cipher, tag = _gcm(key, text, associated, encrypted=False)
    return cipher + tag


def unseal(key, sealed, associated):
    """The plaintext, or None."""
    text, tag = _gcm(key, sealed[:-16], associated, encrypted=True)
    return text if hmac.compare_digest(tag, sealed[-16:]) else None


# --- P-256 (SEC 1, SP 800-186) ------------------------------------------------------------------------------------

P = 2**256 - 2**224 + 2**192 + 2**96 - 1
B = 0x5AC635D8AA3A93E7B3EBBD55769886BC651D06B0CC53B0F63BCE3C3E27D2604B
ORDER = 0xFFFFFFFF00000000FFFFFFFFFFFFFFFFBCE6FAADA7179E84F3B9CAC2FC632551
G = (
    0x6B17D1F2E12C4247F8BCE6E563A440F277037D812DEB33A0F4A13945D898C296,
    0x4FE342E2FE1A7F9B8EE7EB4A7C0F9E162BCE33576B315ECECBB6406837BF51F5,
)


def decode_point(data):
    """03 points-1: the uncompressed form of a point of the curve, or None."""
    if len(data) != 65 or data[0] != 4:
        return None
    x, y = int.from_bytes(data[1:33], "big"), int.from_bytes(data[33:], "big")
    return (x, y) if x < P and y < P and (y * y - x**3 + 3 * x - B) % P == 0 else None


def encode_point(point):
    return b"\4" + point[0].to_bytes(32, "big") + point[1].to_bytes(32, "big")


def _double(point):
    x, y, z = point
    s = 4 * x * y * y % P
    m = 3 * (x - z * z) * (x + z * z) % P
    x3 = (m * m - 2 * s) % P
    return x3, (m * (s - x3) - 8 * y**4) % P, 2 * y * z % P


def _add(p, q):
    if p[2] == 0:
        return q
    if q[2] == 0:
        return p
    z1, z2 = p[2] * p[2] % P, q[2] * q[2] % P
    u1, u2 = p[0] * z2 % P, q[0] * z1 % P
    s1, s2 = p[1] * z2 * q[2] % P, q[1] * z1 * p[2] % P
    h, r = (u2 - u1) % P, (s2 - s1) % P
    if h == 0:
        return _double(p) if r == 0 else (1, 1, 0)
    x = (r * r - h**3 - 2 * u1 * h * h) % P
    return x, (r * (u1 * h * h - x) - s1 * h**3) % P, h * p[2] * q[2] % P


def _multiply(scalar, point):
    total, power = (1, 1, 0), (*point, 1)
    while scalar:
        if scalar & 1:
            total = _add(total, power)
        power = _double(power)
        scalar >>= 1
    return total


def _affine(point):
    inverse = pow(point[2], -1, P)
    return point[0] * inverse * inverse % P, point[1] * inverse**3 % P


def public_key(private):
    return encode_point(_affine(_multiply(int.from_bytes(private, "big"), G)))


def agree(private, public):
    """03 points-2: the x coordinate, 32 bytes big-endian."""
    point = _affine(_multiply(int.from_bytes(private, "big"), decode_point(public)))
    return point[0].to_bytes(32, "big")


def is_private_key(data):
    """03 points-3."""
    return 0 < int.from_bytes(data, "big") < ORDER


def verify(public, content, signature):
    """ECDSA with SHA-256, r and s of 32 bytes."""
    point = decode_point(public)
    if point is None or len(signature) != 64:
        return False
    r, s = int.from_bytes(signature[:32], "big"), int.from_bytes(signature[32:], "big")
    if not (0 < r < ORDER and 0 < s < ORDER):
        return False
    inverse = pow(s, -1, ORDER)
    z = int.from_bytes(sha256(content), "big")
    total = _add(_multiply(z * inverse % ORDER, G), _multiply(r * inverse % ORDER, point))
    return total[2] != 0 and _affine(total)[0] % ORDER == r


# --- secret sharing (03 field-1, sharing-1) ------------------------------------------------------------------------


def field_times(a, b):
    ah, al, bh, bl = a >> 8, a & 255, b >> 8, b & 255
    high = _times(ah, bh)
    return (high ^ _times(ah, bl) ^ _times(al, bh)) << 8 | _times(al, bl) ^ _times(0x20, high)


def field_inverse(a):
    result = 1
    for _ in range(15):
        a = field_times(a, a)
        result = field_times(result, a)
    return result


def elements(data):
    return [data[i] | data[i + 1] << 8 for i in range(0, 32, 2)]


def from_elements(values):
    return b"".join(value.to_bytes(2, "little") for value in values)


def share_at(secret, coefficients, x):
    degrees = [secret] + [coefficients[i : i + 32] for i in range(0, len(coefficients), 32)]
    total = [0] * 16
    for coefficient in reversed(degrees):
        total = [field_times(t, x) ^ c for t, c in zip(total, elements(coefficient))]
    return from_elements(total)


def combine(shares):
    """The secret from exactly t pairs of point and share."""
    total = [0] * 16
    for x, share in shares:
        weight = 1
        for other, _ in shares:
            if other != x:
                weight = field_times(weight, field_times(other, field_inverse(other ^ x)))
        total = [t ^ field_times(weight, s) for t, s in zip(total, elements(share))]
    return from_elements(total)
