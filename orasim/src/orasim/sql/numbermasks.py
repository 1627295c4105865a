"""Number format models: TO_CHAR(n, mask) and TO_NUMBER(text, mask)."""

from __future__ import annotations

import re
from decimal import ROUND_HALF_UP, Context, Decimal
from typing import Any

from orasim.engine import OracleError, not_supported
from orasim.sql.arithmetic import number_text, parse_number, round_number

_ALLOWED = re.compile(r"(?:S|FM|B|\$)*[09,.GDV$]*(?:EEEE|S|MI|PR|RN)?", re.IGNORECASE)


def format_number(value: Any, mask: str, separators: str = ".,") -> str:
    """
    TO_CHAR(value, mask); ``#`` signs when the value does not fit.

    >>> format_number(-1234.5, "FM9G999D00")
    '-1,234.50'
    >>> format_number(5, "000")
    ' 005'
    """
    upper = mask.upper()
    if upper in ("TM", "TM9", "TME"):
        if upper == "TME":
            return _scientific(Decimal(value), 39, "")
        return number_text(value, separators[0], 64)
    if re.fullmatch(r"(FM)?0*X+", upper):
        text = _hexadecimal(value, upper)
        return text.lower() if "x" in mask else text
    if not _ALLOWED.fullmatch(upper) or "V" in upper or "RN" in upper or "B" in upper:
        if not _ALLOWED.fullmatch(upper):
            raise OracleError(1481, "invalid number format model")
        raise not_supported(f"number format {mask}")
    if isinstance(value, float):
        if value != value or abs(value) == float("inf"):
            return "#" * (len(mask) + 1)
        value = Decimal(value)
    return _formatted(value, upper, separators)


def _hexadecimal(value: Any, mask: str) -> str:
    places = mask.removeprefix("FM")
    number = int(round_number(value))
    text = f"{number:X}"
    if number < 0 or len(text) > len(places):
        return "#" * (len(places) + 1)
    zeros = len(places) if places.startswith("0") else 0
    text = text.rjust(zeros, "0")
    return text if mask.startswith("FM") else text.rjust(len(places) + 1)


def _formatted(value: Any, mask: str, separators: str) -> str:
    fill = "FM" not in mask
    body = mask.replace("FM", "")
    leading, trailing_s = body.startswith("S"), body.endswith("S") and body != "S"
    minus, angle = body.endswith("MI"), body.endswith("PR")
    scientific = "EEEE" in body
    dollar = "$" in body
    picture = re.sub(r"^S|S$|MI$|PR$|EEEE|\$", "", body)
    whole, fraction = _split_picture(picture)
    if scientific:
        text = _scientific(Decimal(value), len(fraction), "")
        return text if not fill or value < 0 else " " + text
    number = round_number(value, len(fraction))
    digits, _, decimals = format(abs(Decimal(number)), "f").partition(".")
    decimals = decimals.ljust(len(fraction), "0")[: len(fraction)]
    if digits == "0" and "0" not in whole:
        digits = "" if fraction or whole == "" else "0"
        if fraction and not any(c != "0" for c in decimals) and not fill and "9" in whole:
            digits = "0" if "0" not in fraction else ""
    capacity = sum(c in "09" for c in whole)
    extra = 0 if trailing_s or minus else 1
    width = len(whole) + (1 + len(fraction) if "D" in picture or "." in picture else 0)
    if len(digits) > capacity:
        return "#" * (width + extra + dollar)
    text = _group(whole, digits, separators[1])
    if not fill:
        decimals = _kept_decimals(decimals, fraction)
        text = text.lstrip(" ")
    if "D" in picture or "." in picture:
        text += separators[0] + decimals
    return _signed(text, number < 0, fill, leading, trailing_s, minus, angle, dollar)


def _split_picture(picture: str) -> tuple[str, str]:
    for point in ("D", "."):
        if point in picture:
            whole, _, fraction = picture.partition(point)
            return whole, fraction
    return picture, ""


def _kept_decimals(decimals: str, fraction: str) -> str:
    """FM drops trailing zeros that stand under a 9."""
    needed = fraction.rfind("0") + 1
    while len(decimals) > needed and decimals.endswith("0"):
        decimals = decimals[:-1]
    return decimals


def _group(whole: str, digits: str, separator: str) -> str:
    first_zero = whole.find("0")
    places = [i for i, c in enumerate(whole) if c in "09"]
    padded = digits.rjust(len(places))
    out, started, place = [], False, 0
    for i, c in enumerate(whole):
        if c in "09":
            digit = padded[place]
            place += 1
            if digit == " " and first_zero >= 0 and i >= first_zero:
                digit = "0"
            started = started or digit != " "
            out.append(digit)
        else:
            out.append(separator if started else " ")
    return "".join(out)


def _signed(
    text: str,
    negative: bool,
    fill: bool,
    leading: bool,
    trailing: bool,
    minus: bool,
    angle: bool,
    dollar: bool,
) -> str:
    body = text.lstrip(" ")
    if dollar:
        body = "$" + body
    width = len(text) + dollar
    if angle:
        body = f"<{body}>" if negative else (f" {body} " if fill else body)
        return body.rjust(width + 2) if fill else body
    if trailing or minus:
        sign = "-" if negative else ("+" if trailing else (" " if fill else ""))
        return (body.rjust(width) if fill else body) + sign
    sign = "-" if negative else ("+" if leading else (" " if fill else ""))
    return (sign + body).rjust(width + 1) if fill else sign + body


def _scientific(value: Decimal, decimals: int, blank: str) -> str:
    if not value:
        return blank + "0" + ("." + "0" * decimals if decimals else "") + "E+00"
    rounded = Context(prec=decimals + 1, rounding=ROUND_HALF_UP).plus(value)
    exponent = rounded.adjusted()
    mantissa = format(rounded.scaleb(-exponent), f".{decimals}f")
    return f"{blank}{mantissa}E{'-' if exponent < 0 else '+'}{abs(exponent):02d}"


def parse_with_mask(text: str, mask: str, separators: str = ".,") -> Any:
    """TO_NUMBER(text, mask); ORA-01722 when the text does not follow the mask."""
    upper = mask.upper()
    body = text.strip()
    if re.fullmatch(r"(FM)?0*X+", upper):
        try:
            return int(body, 16)
        except ValueError:
            raise OracleError(1722, "invalid number") from None
    if upper.startswith("TM") or not _ALLOWED.fullmatch(upper):
        raise OracleError(1481, "invalid number format model")
    negative = False
    if body.startswith("<") and body.endswith(">"):
        negative, body = True, body[1:-1]
    if body.endswith(("-", "+")):
        negative, body = body.endswith("-"), body[:-1]
    body = body.replace("$", "")
    group = separators[1] if "G" in upper else ","
    body = body.replace(group, "") if "G" in upper or "," in upper else body
    value = parse_number(body, separators[0] if "D" in upper else ".")
    whole, fraction = _split_picture(re.sub(r"FM|^S|S$|MI$|PR$|EEEE|\$", "", upper))
    digits, _, decimals = format(abs(Decimal(value)), "f").partition(".")
    if "EEEE" not in upper and (
        len(digits.lstrip("0")) > sum(c in "09" for c in whole) or len(decimals) > len(fraction)
    ):
        raise OracleError(1722, "invalid number")
    return -value if negative else value
