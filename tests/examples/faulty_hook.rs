//! A hook before any traffic is shifted, whose one check does what the variable `CHECK` says.

use std::time::{Duration, SystemTime};

use lambda_runtime::Error;
use lifecycle_hook::{Check, Hook};

/// How much more memory is taken at a time, in bytes.
const PIECE: usize = 4 << 20;

#[tokio::main(flavor = "current_thread")]
async fn main() -> Result<(), Error> {
    Hook::before_allow_traffic()
        .check("does as it is told", check)
        .run()
        .await
}

async fn check(_cx: Check) -> Result<(), Error> {
    match std::env::var("CHECK")?.as_str() {
        "passes" => Ok(()),
        "fails" => Err(format!("expected 200, got 403: {}", quotation()).into()),
        "says when it fails" => {
            let now = SystemTime::now().duration_since(SystemTime::UNIX_EPOCH)?;
            Err(now.as_micros().to_string().into())
        }
        "errors" => {
            let port: u16 = "eighty".parse()?;
            Err(format!("{port} is a port").into())
        }
        "panics" => panic!("no item 7 in {}", quotation()),
        "hangs forever" => std::future::pending().await,
        "blocks the thread" => loop {
            std::thread::park();
        },
        "leaks a task" => {
            tokio::spawn(async {
                loop {
                    tokio::time::sleep(Duration::from_millis(10)).await;
                }
            });
            Ok(())
        }
        "exits the process" => std::process::exit(3),
        "exhausts memory" => {
            let mut kept = Vec::new();
            loop {
                // Written to, for memory that is only reserved is none yet.
                kept.push(vec![1_u8; PIECE]);
            }
        }
        other => Err(format!("no one has taught me {other:?}").into()),
    }
}

/// What a service may say of a request of this process: all that was sent, in more than one spelling.
fn quotation() -> String {
    let of = |name: &str| std::env::var(name).unwrap_or_default();
    let (key, token) = (of("AWS_ACCESS_KEY_ID"), of("AWS_SESSION_TOKEN"));
    let percent = token.replace('/', "%2F").replace('+', "%2B");
    format!(
        "{{\"message\": \"The Canonical String was\\nx-amz-security-token:{token}\\n\", \"url\": \"/?a={percent}\"}} {} \
         AWS4-HMAC-SHA256 Credential={key}/20260101, Signature=0a1b2c, with {}",
        percent.replace('%', "%25"),
        of("AWS_SECRET_ACCESS_KEY"),
    )
}
