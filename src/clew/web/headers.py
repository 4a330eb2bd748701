"""The security headers that every response carries, whoever made it."""

from django.conf import settings

POLICY = (
    "default-src 'none'; script-src 'self'{nonce}; style-src 'self'; img-src 'self' data:; "
    "font-src 'self'; connect-src 'self'; manifest-src 'self'; form-action 'self'; "
    "base-uri 'none'; object-src 'none'; frame-ancestors 'none'"
)
FEATURES = "camera=(), geolocation=(), microphone=(), payment=(), usb=(), interest-cohort=()"


def strict(nonce: str = "") -> dict[str, str]:
    """Give the headers; `nonce` allows the inline scripts of one page."""
    headers = {
        "Content-Security-Policy": POLICY.format(nonce=f" 'nonce-{nonce}'" if nonce else ""),
        "X-Content-Type-Options": "nosniff",
        "Referrer-Policy": "same-origin",
        "Cross-Origin-Opener-Policy": "same-origin",
        "Cross-Origin-Resource-Policy": "same-origin",
        "Permissions-Policy": FEATURES,
        "X-Frame-Options": "DENY",
    }
    if settings.IS_HTTPS:
        headers["Strict-Transport-Security"] = "max-age=31536000; includeSubDomains"
    return headers
