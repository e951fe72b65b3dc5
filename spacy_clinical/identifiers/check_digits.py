"""Check digits of numbers: identifiers are told by them, and surrogates have right ones."""

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


def find_luhn_digit(digits: str) -> int:
    """Find the check digit by Luhn's formula, as of payment cards (ISO/IEC 7812).

    digits: Those before it.
    """
    doubled = [int(d) * (2 - i % 2) for i, d in enumerate(reversed(digits))]
    return -sum(d // 10 + d % 10 for d in doubled) % 10


def find_npi_digit(digits: str) -> int:
    """Find the check digit of a National Provider Identifier (CMS): Luhn's, after 80840.

    digits: The nine before it.
    """
    return find_luhn_digit(f"80840{digits}")


def find_nhs_digit(digits: str) -> int:
    """Find the check digit of an NHS number: modulo 11, as the NHS Data Dictionary says.

    digits: The nine before it.
    RETURNS: 10 if there is no such number.
    """
    return -sum(int(d) * (10 - i) for i, d in enumerate(digits)) % 11


def find_dea_digit(digits: str) -> int:
    """Find the check digit of a DEA number of a prescriber.

    digits: The six before it.
    """
    return (sum(map(int, digits[0::2])) + 2 * sum(map(int, digits[1::2]))) % 10


def find_vin_digit(number: str) -> str:
    """Find the check digit of a vehicle identification number (49 CFR 565): its ninth.

    number: 17 digits and capitals, without I, O and Q.
    """
    total = sum(_VIN_VALUES[c] * w for c, w in zip(number, _VIN_WEIGHTS, strict=True))
    return "0123456789X"[total % 11]


def is_luhn(digits: str) -> bool:
    """Check a number by Luhn's formula.

    digits: The check digit is the last one.
    """
    return bool(digits) and int(digits[-1]) == find_luhn_digit(digits[:-1])


def is_npi(digits: str) -> bool:
    """Check a National Provider Identifier."""
    is_one = len(digits) == 10 and digits[0] in "12"
    return is_one and int(digits[-1]) == find_npi_digit(digits[:-1])


def is_nhs(digits: str) -> bool:
    """Check an NHS number."""
    if len(digits) != 10 or len(set(digits)) == 1:
        return False
    return int(digits[9]) == find_nhs_digit(digits[:9])


def is_dea(number: str) -> bool:
    """Check a DEA number of a prescriber: two letters (or letter and 9), seven digits."""
    digits = keep_digits(number[2:])
    return len(digits) == 7 and int(digits[6]) == find_dea_digit(digits[:6])


def is_vin(number: str) -> bool:
    """Check a vehicle identification number."""
    number = number.upper()
    if len(number) != 17 or not set(number) <= set(_VIN_VALUES):
        return False
    return number[8] == find_vin_digit(number)


def find_dni_letter(number: str) -> str:
    """Find the check letter of a Spanish identity number: modulo 23.

    number: Eight digits, or X, Y or Z and seven; what follows doesn't count.
    """
    digits = number[:8].upper().translate(str.maketrans("XYZ", "012"))
    return _DNI_LETTERS[int(digits) % 23]


def is_dni(number: str) -> bool:
    """Check a Spanish identity number: eight digits, or X, Y, Z and seven, and a letter."""
    has_form = number[:1].upper() in "XYZ0123456789" and number[1:8].isdecimal()
    return (
        len(number) > 8 and has_form and find_dni_letter(number) == number[-1].upper()
    )


def find_iban_digits(number: str) -> str:
    """Find the check digits of an international bank account number (ISO 13616).

    number: Letters and digits; its third and fourth don't count.
    """
    turned = f"{number[4:]}{number[:2]}00"
    return f"{98 - int(''.join(str(int(c, 36)) for c in turned)) % 97:02}"


def is_iban(number: str) -> bool:
    """Check an international bank account number."""
    plain = "".join(number.split()).upper()
    if not (15 <= len(plain) <= 34 and plain.isalnum() and plain.isascii()):
        return False
    return plain[2:4] == find_iban_digits(plain)
