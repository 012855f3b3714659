"""Who the packages come from: whether these hosts let this computer in, and whose certificates they may show."""

import os
import ssl
import subprocess
import sys
import urllib.error
import urllib.request
from collections.abc import Iterable
from pathlib import Path

from .child import process_options, without_sigpipe
from .work import failed


def refuse_silence(addresses: Iterable[str]) -> None:
    """Refuse before anything is downloaded.

    Args:
        addresses: pages of indexes.

    Raises:
        AvatarTexError: one does not answer; which one, and how.
    """
    for address in addresses:
        if silence := find_silence(address):
            raise failed(
                silence,
                "Check the network, its proxy or its firewall, or install from a folder of packages (see the manual).",
            )


def find_silence(address: str) -> str:
    """'pypi.org does not answer.', '' where it does; a certificate that this Python does not know is an answer, too."""
    if not address.startswith("http"):
        path = Path(urllib.request.url2pathname(address.removeprefix("file://")))
        return "" if path.parent.exists() else f"There is no folder {path.parent}."
    host = address.split("/")[2]
    request = urllib.request.Request(address, method="HEAD", headers={"User-Agent": "pip"})
    proxy = os.environ.get("PIP_PROXY")  # pip takes it before the system's
    handlers = [urllib.request.ProxyHandler({"http": proxy, "https": proxy})] if proxy else []
    try:
        # the artist is waiting
        with without_sigpipe(), urllib.request.build_opener(*handlers).open(request, timeout=5.0):
            return ""
    except urllib.error.HTTPError as answer:
        # a wall: forbidden, log in at the proxy, log in at the network
        blocked = answer.code in {403, 407, 511} or answer.code >= 500
        return f"{host} does not let this computer in ({answer.code} {answer.reason})." if blocked else ""
    except (OSError, ValueError) as reason:
        return "" if isinstance(getattr(reason, "reason", reason), ssl.SSLError) else f"{host} does not answer."


#: Where Linux distributions keep the certificates that the system trusts.
BUNDLES = ("/etc/ssl/certs/ca-certificates.crt", "/etc/pki/tls/certs/ca-bundle.crt", "/etc/ssl/ca-bundle.pem")
#: Keychains of macOS with the same.
KEYCHAINS = ("/Library/Keychains/System.keychain", "/System/Library/Keychains/SystemRootCertificates.keychain")


def find_certificates(folder: Path) -> Path | None:
    """The certificates that the system trusts, as a file; None where there is none. For pips that know their own alone.

    Args:
        folder: for a file of ours, where the system has them otherwise.
    """
    own = folder / "certificates.pem"
    if sys.platform == "win32":
        stores = [ssl.enum_certificates(name) for name in ("ROOT", "CA")]
        own.write_text(
            "".join(ssl.DER_cert_to_PEM_cert(one) for store in stores for one, kind, _ in store if "x509" in kind)
        )
        return own
    if sys.platform == "darwin":
        words = ["security", "find-certificate", "-a", "-p", *KEYCHAINS]
        own.write_text(subprocess.run(words, capture_output=True, check=False, timeout=20, **process_options()).stdout)
        return own
    known = (ssl.get_default_verify_paths().cafile, *BUNDLES)
    return next((Path(path) for path in known if path and Path(path).is_file()), None)
