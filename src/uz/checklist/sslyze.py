"""Running sslyze, and reading what it says.

sslyze is AGPL: it is run as a program from a virtual environment of its own, never imported.
"""

import json
import tempfile
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from uz.environment import Address
from uz.shell import run
from uz.targets.local.tools import sslyze_program

TIMEOUT = 120.0
PROTOCOLS = {
    "ssl_2_0_cipher_suites": "SSL 2",
    "ssl_3_0_cipher_suites": "SSL 3",
    "tls_1_0_cipher_suites": "TLS 1.0",
    "tls_1_1_cipher_suites": "TLS 1.1",
    "tls_1_2_cipher_suites": "TLS 1.2",
    "tls_1_3_cipher_suites": "TLS 1.3",
}


@dataclass(frozen=True)
class Scan:
    """What the scanner saw. With a `problem` nothing was decided."""

    protocols: tuple[str, ...] = ()
    cipher_suites: int = 0
    deviations: tuple[str, ...] = ()
    version: str = ""
    problem: str = ""


def scan(address: Address, domain: str, authority: Path | None) -> Scan:
    """Let sslyze compare a server with Mozilla's intermediate profile.

    Raises ProgramError where sslyze is not installed.
    """
    program = sslyze_program()
    with tempfile.TemporaryDirectory(prefix="uz-sslyze-") as folder:
        answer = Path(folder) / "scan.json"
        words: list[str | Path] = [program, "--mozilla_config=intermediate", f"--json_out={answer}"]
        if authority is not None:
            words.append(f"--certinfo_ca_file={authority}")
        words.append(f"{domain}:{address.port}{{{address.host}}}")
        done = run(words, timeout=TIMEOUT)
        try:
            return read(json.loads(answer.read_text()), done.stdout, done.code)
        except (OSError, ValueError, KeyError, TypeError) as error:
            return Scan(problem=f"no usable answer ({error}): {done.tail(3)}")


def read(answer: dict[str, Any], printed: str, code: int) -> Scan:
    """Read the scanner's JSON, and the comparison that it only prints.

    Raises KeyError, TypeError or ValueError where the JSON has another form.
    """
    (server,) = answer["server_scan_results"]
    version = f"sslyze {answer.get('sslyze_version', '?')}"
    if server["connectivity_status"] != "COMPLETED":
        why = str(server["connectivity_error_trace"]).strip().splitlines()[-1:]
        return Scan(version=version, problem=f"cannot connect: {' '.join(why)}")
    results = server["scan_result"]
    failed = sorted(name for name, one in results.items() if one["status"] == "ERROR")
    if failed:
        return Scan(version=version, problem=f"could not try: {', '.join(failed)}")
    offered = {
        name: results[key]["result"]["accepted_cipher_suites"] for key, name in PROTOCOLS.items()
    }
    deviations = tuple(
        line.strip().removeprefix("* ")
        for line in printed.splitlines()
        if line.strip().startswith("* ") and "should" in line
    )
    compliant = "OK - Compliant" in printed
    if code == 0 and not compliant:
        return Scan(version=version, problem="it ended well without saying whether it complies")
    if code != 0 and not deviations:
        if "FAILED - Not compliant" not in printed:
            return Scan(version=version, problem=f"exit code {code} without a reason")
        deviations = ("not compliant with Mozilla intermediate",)
    return Scan(
        tuple(name for name, suites in offered.items() if suites),
        sum(len(suites) for suites in offered.values()),
        deviations if code else (),
        version,
    )
