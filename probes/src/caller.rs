//! The API with credentials that are good for now: a profile's session may end while traffic still shifts.

use std::collections::BTreeMap;
use std::io;
use std::process::{ExitStatus, Stdio};
use std::time::Duration;

use aws_clients::{Environment, causes, redact};
use contacts_https::{ConnectError, connect};
use lifecycle_hook::Https;
use time::OffsetDateTime;
use time::format_description::well_known::Rfc3339;
use tokio::process::Command;

/// How long before they expire credentials are asked for again.
const MARGIN: Duration = Duration::from_mins(1);

/// The variables that the AWS CLI exports credentials as.
const CREDENTIALS: [&str; 4] = [
    "AWS_ACCESS_KEY_ID",
    "AWS_SECRET_ACCESS_KEY",
    "AWS_SESSION_TOKEN",
    EXPIRATION,
];
const EXPIRATION: &str = "AWS_CREDENTIAL_EXPIRATION";

/// Why there are no new credentials.
#[derive(Debug, thiserror::Error)]
enum RenewalError {
    #[error("aws does not start: {}", causes(.0))]
    NotStarted(#[source] io::Error),
    #[error("{status}: {message}")]
    Refused { status: ExitStatus, message: String },
    #[error(transparent)]
    Unusable(#[from] ConnectError),
}

/// The API, as its callers reach it. Each request is sent once, so that every answer is seen.
pub struct Caller {
    variables: BTreeMap<String, String>,
    api: Https,
    expires: Option<OffsetDateTime>,
}

impl Caller {
    /// Finds the API that the process's environment names.
    ///
    /// Credentials are renewed only where `AWS_CREDENTIAL_EXPIRATION` says when they expire. `scripts/call.sh` sets it where they are a
    /// profile's, so that the profile is who is asked again.
    ///
    /// # Errors
    /// See [`contacts_https::connect`].
    ///
    /// ```no_run
    /// use lifecycle_hook::{Request, Transport};
    /// use contacts_probes::Caller;
    /// use http::Method;
    ///
    /// # async fn example() -> Result<(), Box<dyn std::error::Error>> {
    /// let mut caller = Caller::connect().await?;
    /// let answer = caller.api().await.send(Request::new(Method::GET, "/contacts")).await?;
    /// # let _ = answer;
    /// # Ok(()) }
    /// ```
    pub async fn connect() -> Result<Self, ConnectError> {
        let variables = std::env::vars_os()
            .filter_map(|(name, value)| Some((name.into_string().ok()?, value.into_string().ok()?)))
            .collect();
        Self::with(variables).await
    }

    async fn with(variables: BTreeMap<String, String>) -> Result<Self, ConnectError> {
        let environment = Environment::from_variables(
            variables
                .iter()
                .filter(|(name, _)| name.starts_with("AWS_")),
        );
        let api = connect(|name| variables.get(name).cloned(), &environment).await?;
        let expires = variables
            .get(EXPIRATION)
            .and_then(|text| OffsetDateTime::parse(text, &Rfc3339).ok());
        Ok(Self {
            variables,
            api: api.without_retries(),
            expires,
        })
    }

    /// The API. Credentials that are about to expire are renewed first; should that fail, standard error says so once, and the old ones
    /// are used.
    pub async fn api(&mut self) -> &Https {
        let now = OffsetDateTime::now_utc();
        if self.expires.is_some_and(|at| at - MARGIN <= now) {
            match self.renewed().await {
                Ok(renewed) => *self = renewed,
                Err(reason) => {
                    let reason = reason.to_string();
                    let reason = redact(&reason);
                    eprintln!("ping: the credentials expire, and there are no new ones: {reason}");
                    self.expires = None;
                }
            }
        }
        &self.api
    }

    async fn renewed(&self) -> Result<Self, RenewalError> {
        let mut command = Command::new("aws");
        command
            .args([
                "configure",
                "export-credentials",
                "--format",
                "env-no-export",
            ])
            .stdin(Stdio::null())
            .kill_on_drop(true);
        // It would give them back.
        for name in CREDENTIALS {
            command.env_remove(name);
        }
        let output = command.output().await.map_err(RenewalError::NotStarted)?;
        if !output.status.success() {
            let message = String::from_utf8_lossy(&output.stderr);
            return Err(RenewalError::Refused {
                status: output.status,
                message: message.trim().to_owned(),
            });
        }
        let printed = String::from_utf8_lossy(&output.stdout);
        let given = printed.lines().filter_map(|line| line.split_once('='));
        let mut variables = self.variables.clone();
        variables.retain(|name, _| !CREDENTIALS.contains(&name.as_str()));
        for (name, value) in given.filter(|(name, _)| CREDENTIALS.contains(name)) {
            variables.insert(name.to_owned(), value.to_owned());
        }
        Ok(Self::with(variables).await?)
    }
}
