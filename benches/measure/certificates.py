"""A chain of certificates like that of DynamoDB: RSA-2048, and four certificates are sent."""

import datetime
import pathlib

import certifi
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec, rsa
from cryptography.x509.oid import ExtendedKeyUsageOID, NameOID

DAY = datetime.timedelta(days=1)


def _key(bits=2048):
    return rsa.generate_private_key(public_exponent=65537, key_size=bits)


def _certificate(name, key, issuer, issuer_key, names=()):
    """One of an authority, or with names one of a server."""
    now = datetime.datetime.now(datetime.timezone.utc)

    def named(text):
        return x509.Name([x509.NameAttribute(NameOID.ORGANIZATION_NAME, "Bench"), x509.NameAttribute(NameOID.COMMON_NAME, text)])

    usage = dict.fromkeys(
        ("content_commitment", "data_encipherment", "key_agreement", "encipher_only", "decipher_only"), False
    ) | {"digital_signature": bool(names), "key_encipherment": bool(names), "key_cert_sign": not names, "crl_sign": not names}
    builder = (
        x509.CertificateBuilder()
        .subject_name(named(name))
        .issuer_name(named(issuer))
        .public_key(key.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(now - DAY)
        .not_valid_after(now + 30 * DAY)
        .add_extension(x509.BasicConstraints(ca=not names, path_length=None), critical=True)
        .add_extension(x509.KeyUsage(**usage), critical=True)
        .add_extension(x509.SubjectKeyIdentifier.from_public_key(key.public_key()), critical=False)
        .add_extension(x509.AuthorityKeyIdentifier.from_issuer_public_key(issuer_key.public_key()), critical=False)
    )
    if names:
        alternatives = x509.SubjectAlternativeName([x509.DNSName(each) for each in names])
        builder = builder.add_extension(alternatives, critical=False)
        builder = builder.add_extension(x509.ExtendedKeyUsage([ExtendedKeyUsageOID.SERVER_AUTH]), critical=False)
    return builder.sign(issuer_key, hashes.SHA256())


def write(folder: pathlib.Path):
    """Makes them anew. Gives the paths: of what the server sends, of its key, of five roots as Amazon has them, and of some 145 as a system
    has them."""
    folder.mkdir(parents=True, exist_ok=True)
    server, issuing, first, services, class_2 = (_key() for _ in range(5))
    chain = [
        _certificate("localhost", server, "Bench RSA 2048 M01", issuing, names=("localhost", "dynamodb.eu-central-1.amazonaws.com")),
        _certificate("Bench RSA 2048 M01", issuing, "Bench Root CA 1", first),
        # The roots, as they were signed before systems knew them: servers send these, and a client that knows the first root needs none.
        _certificate("Bench Root CA 1", first, "Bench Services Root", services),
        _certificate("Bench Services Root", services, "Bench Class 2", class_2),
    ]
    # Amazon's: RSA-2048, RSA-4096, P-256, P-384, and Starfield's, RSA-2048.
    others = {"Bench Root CA 2": _key(4096), "Bench Root CA 3": ec.generate_private_key(ec.SECP256R1()),
              "Bench Root CA 4": ec.generate_private_key(ec.SECP384R1())}
    keys = {"Bench Root CA 1": first, **others, "Bench Services Root": services}
    roots = [_certificate(name, key, name, key) for name, key in keys.items()]

    def pem(certificates):
        return "".join(each.public_bytes(serialization.Encoding.PEM).decode() for each in certificates)

    texts = {
        "chain": pem(chain),
        "key": server.private_bytes(
            serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
        ).decode(),
        "roots": pem(roots),
        "system": pathlib.Path(certifi.where()).read_text() + pem(roots),
    }
    paths = {}
    for name, text in texts.items():
        paths[name] = folder / f"{name}.pem"
        paths[name].write_text(text)
    return paths
