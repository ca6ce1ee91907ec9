//! Root certificates.
//!
//! AWS services present certificates of Amazon Trust Services, which publishes the five roots built in here
//! (<https://www.amazontrust.com/repository/>, "Root CAs"). Five built-in roots spare a cold start the 1.4–2.1 ms
//! that reading some 145 system roots takes, and need no certificate store on the machine. They are built in as DER, for reading them
//! as PEM was a fifth of a function's start (docs/performance.md).
//!
//! Of China's Regions and of the isolated ones no source says whose certificates their endpoints have: there the system's roots are
//! trusted too, as they are by other SDKs.

use rustls::RootCertStore;
use rustls::pki_types::CertificateDer;
use rustls::pki_types::pem::PemObject;

/// Amazon Root CA 1 to 4 and Starfield Services Root Certificate Authority - G2.
const AMAZON: [&[u8]; 5] = [
    include_bytes!("roots/amazon-root-ca-1.der"),
    include_bytes!("roots/amazon-root-ca-2.der"),
    include_bytes!("roots/amazon-root-ca-3.der"),
    include_bytes!("roots/amazon-root-ca-4.der"),
    include_bytes!("roots/starfield-services-root-ca-g2.der"),
];

/// The roots that a Region's services are trusted by.
pub(crate) fn of_region(region: &str) -> RootCertStore {
    let mut store = amazon();
    if !is_amazons(region) {
        add_system(&mut store);
    }
    store
}

/// Amazon's five roots alone.
fn amazon() -> RootCertStore {
    let mut store = RootCertStore::empty();
    store.add_parsable_certificates(AMAZON.map(CertificateDer::from));
    store
}

/// Whether the services of a Region are known to have certificates of Amazon's roots: those of the partitions aws, aws-us-gov and aws-eusc.
/// The others' Regions begin with `cn-`, or have a second part like `iso` or `isob` (`partitions.json` of the SDKs).
pub(crate) fn is_amazons(region: &str) -> bool {
    let isolated = region.split('-').nth(1);
    !region.starts_with("cn-") && !isolated.is_some_and(|part| part.starts_with("iso"))
}

/// Adds what the system trusts. What of it cannot be read is left out, as there may be nothing to read.
pub(crate) fn add_system(store: &mut RootCertStore) {
    store.add_parsable_certificates(rustls_native_certs::load_native_certs().certs);
}

/// The roots of a PEM bundle, and no others.
pub(crate) fn of_bundle(path: &str) -> Result<RootCertStore, String> {
    let pem = std::fs::read(path).map_err(|error| format!("{path}: {error}"))?;
    let mut store = RootCertStore::empty();
    for certificate in CertificateDer::pem_slice_iter(&pem) {
        let certificate = certificate
            .map_err(|error| format!("{path}: {error}; expected certificates in PEM"))?;
        store
            .add(certificate)
            .map_err(|error| format!("{path}: {error}; expected certificates in PEM"))?;
    }
    if store.is_empty() {
        return Err(format!("{path} holds no certificate in PEM"));
    }
    Ok(store)
}

#[cfg(test)]
mod tests {
    use sha2::{Digest, Sha256};

    use super::*;

    /// The SHA-256 hash of each root's public key, as Amazon Trust Services publishes it.
    const PUBLISHED: [&str; 5] = [
        "fbe3018031f9586bcbf41727e417b7d1c45c2f47f93be372a17b96b50757d5a2",
        "7f4296fc5b6a4e3b35d3c369623e364ab1af381d8fa7121533c9d6c633ea2461",
        "36abc32656acfc645c61b71613c4bf21c787f5cabbee48348d58597803d7abc9",
        "f7ecded5c66047d28ed6466b543c40e0743abe81d109254dcf845d4c2c7853c5",
        "2b071c59a0a0ae76b0eadb2bad23bad4580b69c3601b630c2eaf0613afa83f92",
    ];

    /// The hashes of a store's keys. A trust anchor has its key without the outermost header, which is of up to 64 KiB here.
    fn hashes(store: &RootCertStore) -> Vec<String> {
        let key = |contents: &[u8]| {
            let length = u16::try_from(contents.len()).unwrap().to_be_bytes();
            let header = match length {
                [0, short @ ..0x80] => vec![0x30, short],
                [0, byte] => vec![0x30, 0x81, byte],
                [high, low] => vec![0x30, 0x82, high, low],
            };
            [header.as_slice(), contents].concat()
        };
        let hash = |der: Vec<u8>| {
            let bytes = Sha256::digest(der);
            bytes
                .iter()
                .fold(String::new(), |hex, byte| hex + &format!("{byte:02x}"))
        };
        let keys = store
            .roots
            .iter()
            .map(|root| key(&root.subject_public_key_info));
        keys.map(hash).collect()
    }

    fn with_the_systems() -> usize {
        let mut store = amazon();
        add_system(&mut store);
        store.len()
    }

    #[test]
    fn in_the_partition_aws_the_roots_are_those_that_amazon_publishes() {
        for region in [
            "eu-central-1",
            "us-east-1",
            "ap-southeast-7",
            "eusc-de-east-1",
        ] {
            assert_eq!(hashes(&of_region(region)), PUBLISHED, "{region}");
        }
    }

    #[test]
    fn in_aws_us_gov_the_roots_are_those_that_amazon_publishes() {
        for region in ["us-gov-west-1", "us-gov-east-1"] {
            assert_eq!(hashes(&of_region(region)), PUBLISHED, "{region}");
        }
    }

    #[test]
    fn in_aws_cn_and_the_isolated_partitions_the_systems_roots_are_trusted_too() {
        for region in [
            "cn-north-1",
            "cn-northwest-1",
            "us-iso-east-1",
            "us-isob-east-1",
            "eu-isoe-west-1",
            "us-isof-south-1",
        ] {
            let store = of_region(region);
            assert_eq!(hashes(&store)[..5], PUBLISHED, "{region}");
            assert_eq!(store.len(), with_the_systems(), "{region}");
        }
    }

    #[test]
    fn a_bundle_without_a_certificate_is_refused() {
        let file = tempfile::NamedTempFile::new().unwrap();
        std::fs::write(file.path(), "not a certificate").unwrap();
        let reason = of_bundle(file.path().to_str().unwrap()).unwrap_err();
        assert!(reason.contains("no certificate in PEM"), "{reason}");
    }

    #[test]
    fn a_bundle_that_is_not_there_is_named() {
        let reason = of_bundle("/nowhere/bundle.pem").unwrap_err();
        assert!(reason.starts_with("/nowhere/bundle.pem: "), "{reason}");
    }
}
