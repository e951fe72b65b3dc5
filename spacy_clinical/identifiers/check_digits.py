"""Check digits of numbers, by which identifiers are told from other numbers."""

_VIN_VALUES = {
    **dict(zip("ABCDEFGH", range(1, 9), strict=True)),
    **dict(zip("JKLMN", range(1, 6), strict=True)),
    **{"P": 7, "R": 9},
    **dict(zip("STUVWXYZ", range(2, 10), strict=True)),
    **{str(digit): digit for digit in range(10)},
}
_VIN_WEIGHTS = (8, 7, 6, 5, 4, 3, 2, 10, 0, 9, 8, 7, 6, 5, 4, 3, 2)
_DNI_LETTERS = "TRWAGMYFPDXBNJZSQVHLCKE"


def keep_digits(number: str) -> str:
    """Keep the digits of a number as it is written."""
    return "".join(c for c in number if c.isdigit())


def is_luhn(digits: str) -> bool:
    """Check a number by Luhn's formula, as of payment cards.

    digits: The check digit is the last one.
    """
    doubled = [int(d) * (1 + i % 2) for i, d in enumerate(reversed(digits))]
    return bool(digits) and sum(d // 10 + d % 10 for d in doubled) % 10 == 0


def is_npi(digits: str) -> bool:
    """Check a National Provider Identifier (CMS): Luhn's formula after 80840."""
    return len(digits) == 10 and digits[0] in "12" and is_luhn(f"80840{digits}")


def is_nhs(digits: str) -> bool:
    """Check an NHS number: modulo 11, as the NHS Data Dictionary says."""
    if len(digits) != 10 or len(set(digits)) == 1:
        return False
    total = sum(int(d) * (10 - i) for i, d in enumerate(digits[:9]))
    return (11 - total % 11) % 11 == int(digits[9])


def is_dea(number: str) -> bool:
    """Check a DEA number of a prescriber: two letters (or letter and 9), seven digits."""
    digits = keep_digits(number[2:])
    if len(digits) != 7:
        return False
    odd, even = sum(map(int, digits[0:6:2])), sum(map(int, digits[1:6:2]))
    return (odd + 2 * even) % 10 == int(digits[6])


def is_vin(number: str) -> bool:
    """Check a vehicle identification number (49 CFR 565)."""
    number = number.upper()
    if len(number) != 17 or not set(number) <= set(_VIN_VALUES):
        return False
    total = sum(_VIN_VALUES[c] * w for c, w in zip(number, _VIN_WEIGHTS, strict=True))
    return "0123456789X"[total % 11] == number[8]


def is_dni(number: str) -> bool:
    """Check a Spanish identity number: eight digits, or X, Y, Z and seven, and a letter."""
    digits = keep_digits(number.upper().translate(str.maketrans("XYZ", "012"))[:8])
    return len(digits) == 8 and _DNI_LETTERS[int(digits) % 23] == number[-1].upper()


def is_iban(number: str) -> bool:
    """Check an international bank account number (ISO 13616): modulo 97."""
    plain = "".join(number.split()).upper()
    if not (15 <= len(plain) <= 34 and plain.isalnum() and plain.isascii()):
        return False
    turned = "".join(str(int(c, 36)) for c in plain[4:] + plain[:4])
    return int(turned) % 97 == 1
