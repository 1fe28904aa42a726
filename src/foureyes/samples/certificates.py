"""Which TLS certificates end soon, of servers that are asked and of PEM files that are uploaded."""

import csv
import io
import socket
import ssl
from datetime import UTC, datetime

from cryptography import x509

from foureyes.jobs import FileVar, IntegerVar, Job, TextVar

name = "Certificates"

TIMEOUT_SECONDS = 5


def served_certificate(host, port):
    """The certificate that a server shows, valid or not."""
    context = ssl.create_default_context()
    context.check_hostname = False  # an expired or self-signed one is what we want to see
    context.verify_mode = ssl.CERT_NONE
    with (
        socket.create_connection((host, port), timeout=TIMEOUT_SECONDS) as plain,
        context.wrap_socket(plain, server_hostname=host) as connection,
    ):
        return x509.load_der_x509_certificate(connection.getpeercert(binary_form=True))


class CheckCertificates(Job):
    """The run fails if a certificate has ended or a server does not answer, so that it can be watched."""

    servers = TextVar(
        description="One `host` or `host:port` a line; the port is 443 unless given.", default="", required=False
    )
    pem_file = FileVar(description="A PEM file with one or more certificates.", required=False)
    warn_days = IntegerVar(label="Warn before (days)", default=30, min_value=0, max_value=3650)

    class Meta:
        name = "Check certificates"
        description = "Reports when TLS certificates end. Changes nothing."
        has_sensitive_variables = False
        read_only = True
        field_order = ("servers", "pem_file", "warn_days")
        max_retries = 1  # networks have bad moments; only an error is tried again, not a finding
        retry_delay = 10

    def run(self, *, servers, pem_file, warn_days):
        places = [line.strip() for line in servers.splitlines() if line.strip()]
        rows = [row for place in places if (row := self.ask(place, warn_days))]
        if pem_file:
            rows += self.read(pem_file, warn_days)
        if not places and not pem_file:
            self.log_failure(message="Name a server, or upload a PEM file.")
        self.create_file("certificates.csv", as_csv(rows))
        return {"checked": len(rows), "soonest_days": min((row["days_left"] for row in rows), default=None)}

    def ask(self, place, warn_days):
        host, _, port = place.partition(":")
        try:
            certificate = served_certificate(host, int(port or 443))
        except (OSError, ValueError) as error:
            self.log_failure(place, f"no certificate: {error}")
            return None
        return self.judge(place, certificate, warn_days)

    def read(self, pem_file, warn_days):
        try:
            certificates = x509.load_pem_x509_certificates(pem_file.read())
        except ValueError as error:
            self.log_failure(pem_file.name, f"not a PEM file with certificates: {error}")
            return []
        return [self.judge(pem_file.name, certificate, warn_days) for certificate in certificates]

    def judge(self, place, certificate, warn_days):
        subject, ends = certificate.subject.rfc4514_string(), certificate.not_valid_after_utc
        days = (ends - datetime.now(UTC)).days
        text = f"{subject} ends on {ends:%Y-%m-%d}, in {days} days"
        if days < 0:
            self.log_failure(place, text)
        elif days <= warn_days:
            self.log_warning(place, text)
        else:
            self.log_success(place, text)
        return {
            "place": place,
            "subject": certificate.subject.rfc4514_string(),
            "ends": f"{ends:%Y-%m-%d}",
            "days_left": days,
        }


def as_csv(rows):
    """The rows as text that spreadsheets open."""
    out = io.StringIO()
    table = csv.DictWriter(out, ["place", "subject", "ends", "days_left"])
    table.writeheader()
    table.writerows(rows)
    return out.getvalue()
