//! Requests, one after another on each of some connections.

use std::time::{Duration, Instant};

use anyhow::{Context as _, anyhow, bail, ensure};
use serde::Serialize;
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::TcpStream;

/// The largest answer that is expected.
const LONGEST: usize = 64 * 1024;

/// The longest that an answer may take; the first may have to wait until the function is built.
const PATIENCE: Duration = Duration::from_secs(10);
const FIRST_PATIENCE: Duration = Duration::from_mins(15);

/// What came of them.
#[derive(Debug, Serialize)]
pub struct Load {
    requests_per_second: f64,
    p50_ms: f64,
    p99_ms: f64,
}

/// Sends `GET`, or `POST` with a body, for so long, each in one write. Of the answers only the head is looked at, and where they end: a
/// client's own work would hide what is measured.
///
/// # Errors
/// No server, an answer other than 200, or one whose length its head does not say.
pub async fn send(
    url: &str,
    body: Option<&str>,
    connections: usize,
    time: Duration,
) -> anyhow::Result<Load> {
    let rest = url
        .strip_prefix("http://")
        .context("it takes an http:// URL")?;
    let (address, path) = rest.split_once('/').unwrap_or((rest, ""));
    let method = if body.is_some() { "POST" } else { "GET" };
    let body = body.unwrap_or_default();
    let request = format!(
        "{method} /{path} HTTP/1.1\r\nhost: {address}\r\ncontent-type: application/json\r\ncontent-length: {}\r\n\r\n{body}",
        body.len()
    );
    // What starts at a first request is there.
    connection(address, &request, Duration::ZERO, FIRST_PATIENCE).await?;
    let began = Instant::now();
    let sent = (0..connections)
        .map(|_| {
            let (address, request) = (address.to_owned(), request.clone());
            tokio::spawn(async move { connection(&address, &request, time, PATIENCE).await })
        })
        .collect::<Vec<_>>();
    let mut taken = Vec::new();
    for connection in sent {
        taken.extend(connection.await??);
    }
    let seconds = began.elapsed().as_secs_f64();
    taken.sort_unstable();
    let at = |of_hundred: usize| taken[(taken.len() - 1) * of_hundred / 100].as_secs_f64() * 1e3;
    let count = u32::try_from(taken.len())?;
    Ok(Load {
        requests_per_second: f64::from(count) / seconds,
        p50_ms: at(50),
        p99_ms: at(99),
    })
}

/// Sends a request, and others until the time is up.
async fn connection(
    address: &str,
    request: &str,
    time: Duration,
    patience: Duration,
) -> anyhow::Result<Vec<Duration>> {
    let mut stream = TcpStream::connect(address)
        .await
        .with_context(|| address.to_owned())?;
    stream.set_nodelay(true)?;
    let (began, mut taken, mut buffer) = (Instant::now(), Vec::new(), vec![0; LONGEST]);
    while taken.is_empty() || began.elapsed() < time {
        let sent = Instant::now();
        stream.write_all(request.as_bytes()).await?;
        tokio::time::timeout(patience, answer(&mut stream, &mut buffer))
            .await
            .map_err(|_| anyhow!("a request got no answer in {patience:?}"))??;
        taken.push(sent.elapsed());
    }
    Ok(taken)
}

/// Reads one answer to its end.
async fn answer(stream: &mut TcpStream, buffer: &mut [u8]) -> anyhow::Result<()> {
    let mut filled = 0;
    loop {
        let read = stream.read(&mut buffer[filled..]).await?;
        if read == 0 {
            bail!("the connection was closed");
        }
        filled += read;
        let Some(end) = end(&buffer[..filled])? else {
            ensure!(
                filled < buffer.len(),
                "an answer has more than {LONGEST} bytes"
            );
            continue;
        };
        if filled >= end {
            return Ok(());
        }
    }
}

/// Where an answer ends; `None` while its head is not all here, or its end is not.
fn end(answer: &[u8]) -> anyhow::Result<Option<usize>> {
    let Some(head) = answer.windows(4).position(|at| at == b"\r\n\r\n") else {
        return Ok(None);
    };
    let body = head + 4;
    let head = std::str::from_utf8(&answer[..head])?;
    ensure!(
        head.starts_with("HTTP/1.1 200"),
        "it is answered with {head}"
    );
    let header = |name: &str| {
        head.lines()
            .filter_map(|line| line.split_once(':'))
            .find(|(found, _)| found.eq_ignore_ascii_case(name))
            .map(|(_, value)| value.trim())
    };
    if let Some(length) = header("content-length") {
        return Ok(Some(body + length.parse::<usize>()?));
    }
    ensure!(
        header("transfer-encoding") == Some("chunked"),
        "an answer says no length: {head}"
    );
    Ok(answer[body..]
        .ends_with(b"0\r\n\r\n")
        .then_some(answer.len()))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_answer_ends_where_its_length_or_its_last_chunk_says() {
        assert_eq!(
            end(b"HTTP/1.1 200 OK\r\nContent-Length: 2\r\n").unwrap(),
            None
        );
        assert_eq!(
            end(b"HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nh").unwrap(),
            Some(40)
        );
        let chunked = b"HTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\n\r\n1\r\nh\r\n";
        assert_eq!(end(chunked).unwrap(), None);
        let whole = [chunked.as_slice(), b"0\r\n\r\n"].concat();
        assert_eq!(end(&whole).unwrap(), Some(whole.len()));
    }

    #[test]
    fn an_answer_that_is_an_error_or_has_no_length_is_refused() {
        assert!(end(b"HTTP/1.1 502 Bad Gateway\r\nContent-Length: 0\r\n\r\n").is_err());
        assert!(end(b"HTTP/1.1 200 OK\r\n\r\n").is_err());
    }
}
