//! Emulators of services, which a person runs beside a rehearsal: `[services] s3 = "http://127.0.0.1:5000"`.

use std::net::{IpAddr, Ipv4Addr, Ipv6Addr, SocketAddr};

use rehearsal_aws::service::Service;

/// Names by which people know services, and what their calls are signed for: the last part of a signature's scope but one. Source:
/// `signingName` and `endpointPrefix` in botocore's service models.
const SIGNING_NAMES: [(&str, &str); 16] = [
    ("apigatewaymanagementapi", "execute-api"),
    ("cloudwatch", "monitoring"),
    ("cloudwatchlogs", "logs"),
    ("cognito", "cognito-idp"),
    ("eventbridge", "events"),
    ("opensearch", "es"),
    ("rdsdata", "rds-data"),
    ("secrets-manager", "secretsmanager"),
    ("secretmanager", "secretsmanager"),
    ("secrets_manager", "secretsmanager"),
    ("sesv2", "ses"),
    ("email", "ses"),
    ("sfn", "states"),
    ("stepfunctions", "states"),
    ("step-functions", "states"),
    ("simpledb", "sdb"),
];

/// The port of a URL without one.
const HTTP: u16 = 80;

/// Something about an emulator that cannot be, and what to do about it.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{message}")]
pub struct WrongEmulator {
    /// What is wrong.
    pub message: String,
    /// What to do about it.
    pub help: Option<String>,
}

/// Where an emulator may listen: the addresses that its URL stands for, all of this machine, in the order in which they are tried.
///
/// # Errors
/// A service that the rehearsal serves itself, a name that no signature has, or a URL that does not lead to this machine's loopback
/// interface.
pub fn addresses(service: &str, url: &str) -> Result<Vec<SocketAddr>, WrongEmulator> {
    check_service(service)?;
    let wrong = |message: String| WrongEmulator {
        message,
        help: Some("an emulator is named like \"http://127.0.0.1:5000\"".to_owned()),
    };
    let Some(rest) = url.strip_prefix("http://") else {
        return Err(wrong(format!("{url:?} is no URL of http")));
    };
    let authority = rest.strip_suffix('/').unwrap_or(rest);
    if authority.contains(['/', '?', '#', '@']) {
        return Err(wrong(format!(
            "{url:?} has more than a host and a port, and a call brings its own path"
        )));
    }
    let (host, port) = match authority.rsplit_once(':') {
        Some((host, port)) if !port.ends_with(']') => (host, Some(port)),
        _ => (authority, None),
    };
    let port = match port.map(str::parse) {
        None => HTTP,
        Some(Ok(port)) if port > 0 => port,
        Some(_) => return Err(wrong(format!("{url:?} has no port from 1 to 65535"))),
    };
    // By the name alone, for what a resolver makes of it is whoever's: by the RFC (6761, 6.3) it is always this machine.
    if host.eq_ignore_ascii_case("localhost") {
        let both: [IpAddr; 2] = [Ipv4Addr::LOCALHOST.into(), Ipv6Addr::LOCALHOST.into()];
        return Ok(both.map(|ip| SocketAddr::new(ip, port)).to_vec());
    }
    let bare = host
        .strip_prefix('[')
        .and_then(|host| host.strip_suffix(']'));
    match bare.unwrap_or(host).parse::<IpAddr>() {
        Ok(ip) if ip.is_loopback() && ip.is_ipv6() == bare.is_some() => {
            Ok(vec![SocketAddr::new(ip, port)])
        }
        _ => Err(wrong(format!(
            "{url:?} is not on this machine's loopback interface, and no call leaves the machine"
        ))),
    }
}

fn check_service(service: &str) -> Result<(), WrongEmulator> {
    let wrong = |message: String, help: Option<String>| Err(WrongEmulator { message, help });
    if Service::from_name(service).is_some() {
        return wrong(
            format!("{service} is the rehearsal's own: its calls go to no emulator"),
            None,
        );
    }
    if let Some((_, signing)) = SIGNING_NAMES.iter().find(|(name, _)| *name == service) {
        let help = format!("services go by the name that calls are signed for: {signing}");
        return wrong(format!("no call is signed for {service}"), Some(help));
    }
    let is_part = |c: char| c.is_ascii_lowercase() || c.is_ascii_digit() || c == '-';
    if service.is_empty() || !service.chars().all(is_part) {
        let help = "services go by the name that calls are signed for, as s3, sqs, secretsmanager, events, states";
        return wrong(
            format!("no call is signed for {service:?}"),
            Some(help.to_owned()),
        );
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn shown(url: &str) -> Vec<String> {
        let addresses = addresses("s3", url).unwrap();
        addresses.iter().map(ToString::to_string).collect()
    }

    #[test]
    fn a_loopback_url_is_an_address_of_this_machine() {
        for (url, address) in [
            ("http://127.0.0.1:5000", "127.0.0.1:5000"),
            ("http://127.0.0.1:5000/", "127.0.0.1:5000"),
            ("http://127.8.0.1", "127.8.0.1:80"),
            ("http://[::1]:4566", "[::1]:4566"),
            ("http://[::1]", "[::1]:80"),
        ] {
            assert_eq!(shown(url), [address], "{url}");
        }
        assert_eq!(
            shown("http://LocalHost:9000"),
            ["127.0.0.1:9000", "[::1]:9000"]
        );
    }

    #[test]
    fn what_may_leave_the_machine_is_refused() {
        for url in [
            "https://127.0.0.1:5000",
            "127.0.0.1:5000",
            "http://",
            "http://:5000",
            "http://0.0.0.0:5000",
            "http://10.0.0.1:5000",
            "http://s3.amazonaws.com",
            "http://localhost.example:5000",
            "http://127.0.0.1.example:5000",
            "http://127.0.0.1@example.com:80",
            "http://127.0.0.1:5000@example.com",
            "http://127.0.0.1:5000/path",
            "http://127.0.0.1:5000?x",
            "http://127.0.0.1:0",
            "http://127.0.0.1:70000",
            "http://127.0.0.1:",
            "http://[127.0.0.1]:5000",
            "http://::1:5000",
            "http://[::ffff:127.0.0.1]:5000",
            "http://127.1:5000",
            "http://2130706433:5000",
        ] {
            let refused = addresses("s3", url).unwrap_err();
            assert!(refused.message.contains(url), "{refused}");
            assert!(refused.help.is_some(), "{refused}");
        }
    }

    #[test]
    fn services_go_by_the_name_that_calls_are_signed_for() {
        for service in ["s3", "sqs", "events", "states", "cognito-idp", "ec2"] {
            assert!(
                addresses(service, "http://127.0.0.1:1").is_ok(),
                "{service}"
            );
        }
        for (service, says) in [
            ("dynamodb", "the rehearsal's own"),
            ("eventbridge", "eventbridge"),
            ("S3", "\"S3\""),
            ("", "\"\""),
        ] {
            let refused = addresses(service, "http://127.0.0.1:1").unwrap_err();
            assert!(refused.message.contains(says), "{refused}");
        }
    }
}
