"""Money: whole numbers of hundredths, and how they are written."""


def money(minor: int, currency: str = "CNY") -> str:
    """Write an amount in hundredths with two decimals and a real minus; yuan by their sign."""
    whole, rest = divmod(abs(minor), 100)
    sign = "¥" if currency == "CNY" else f"{currency} "
    return f"{'−' if minor < 0 else ''}{sign}{whole:,}.{rest:02}"
