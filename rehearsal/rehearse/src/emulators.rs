//! Emulators that a rehearsal file names, as they are met: each has to be there before anything runs.

use std::collections::BTreeMap;
use std::net::{SocketAddr, TcpStream};
use std::time::Duration;

use rehearsal_deployment::emulator;

use crate::file::{FileError, RehearsalFile};

/// How long an emulator may take to accept a connection.
const PATIENCE: Duration = Duration::from_secs(1);

/// Where the emulators of a file listen, by the signing name of their service.
///
/// # Errors
/// Nothing listens there, at its line.
pub fn reach(file: &RehearsalFile) -> Result<BTreeMap<String, SocketAddr>, FileError> {
    let mut reached = BTreeMap::new();
    for (service, url) in &file.rehearsal.services {
        let wrong = |message: String, help: Option<String>| {
            let at = ["services".into(), service.as_str().into()];
            file.wrong_at(message, &at, help)
        };
        let addresses =
            emulator::addresses(service, url).map_err(|error| wrong(error.message, error.help))?;
        let mut reason = String::new();
        let answered = addresses.into_iter().find(|address| {
            let tried = TcpStream::connect_timeout(address, PATIENCE);
            tried.map_err(|error| reason = error.to_string()).is_ok()
        });
        let Some(address) = answered else {
            let message = format!("nothing answers at {url}: {reason}");
            let help = format!("start the emulator of {service} first");
            return Err(wrong(message, Some(help)));
        };
        reached.insert(service.clone(), address);
    }
    Ok(reached)
}

#[cfg(test)]
mod tests {
    use std::net::TcpListener;
    use std::path::Path;

    use super::*;

    fn file(services: &str) -> RehearsalFile {
        let text = format!(
            "template = 't.yaml'\n[services]\n{services}\n[traffic]\nrequests_per_minute = 0\n"
        );
        RehearsalFile::parse(Path::new("r.toml"), text).unwrap()
    }

    #[test]
    fn an_emulator_is_met_where_it_listens_by_name_too() {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let address = listener.local_addr().unwrap();
        let port = address.port();
        let file = file(&format!(
            "s3 = 'http://localhost:{port}'\nsqs = 'http://127.0.0.1:{port}/'"
        ));
        let reached = reach(&file).unwrap();
        assert_eq!(reached["s3"], address);
        assert_eq!(reached["sqs"], address);
    }

    #[test]
    fn where_nothing_listens_nothing_runs() {
        let port = {
            let listener = TcpListener::bind("127.0.0.1:0").unwrap();
            listener.local_addr().unwrap().port()
        };
        let url = format!("http://127.0.0.1:{port}");
        let FileError::Wrong {
            message,
            at: Some(at),
            text,
            ..
        } = reach(&file(&format!("s3 = '{url}'"))).unwrap_err()
        else {
            panic!("it is wrong at a place")
        };
        assert!(message.contains(&url), "{message}");
        assert!(text.inner()[at.offset()..].starts_with(&format!("'{url}'")));
    }
}
