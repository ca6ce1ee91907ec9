//! What a process writes, line by line, in bounded memory.

use std::collections::VecDeque;
use std::fmt;
use std::os::fd::AsFd;
use std::sync::{Arc, Mutex, PoisonError};

use tokio::io::{AsyncRead, AsyncReadExt};
use tokio::sync::{mpsc, oneshot};

/// How much is kept of what one sandbox wrote, in bytes, unless its specification says otherwise.
pub const KEPT_BYTES: usize = 64 * 1024;
/// A longer line is cut here, in bytes: the longest event of a log group (CloudWatch Logs user guide, "CloudWatch Logs quotas").
pub const LINE_BYTES: usize = 256 * 1024;

/// Which of its two outputs a process wrote to.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Stream {
    /// Standard output.
    Out,
    /// Standard error.
    Err,
}

/// One line that a process wrote, without its end; bytes that are not UTF-8 are replaced.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct LogLine {
    /// Where it was written.
    pub stream: Stream,
    /// The text.
    pub text: String,
}

impl fmt::Display for LogLine {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.text)
    }
}

/// Called with each line as it comes.
pub type OnLine = Arc<dyn Fn(&LogLine) + Send + Sync>;

/// The last lines of a process.
pub(super) struct Log {
    lines: Mutex<Lines>,
    keep_bytes: usize,
    on_line: Option<OnLine>,
}

#[derive(Debug, Default)]
struct Lines {
    kept: VecDeque<LogLine>,
    /// How many bytes these have, a line's end included.
    bytes: usize,
    /// How many lines there have been, those not kept included.
    total: usize,
}

impl Log {
    pub(super) fn new(keep_bytes: usize, on_line: Option<OnLine>) -> Self {
        Self {
            lines: Mutex::default(),
            keep_bytes,
            on_line,
        }
    }

    /// A mark to ask for what comes after it.
    pub(super) fn mark(&self) -> usize {
        self.lines
            .lock()
            .unwrap_or_else(PoisonError::into_inner)
            .total
    }

    /// What was written after the mark, as far as it is kept.
    pub(super) fn since(&self, mark: usize) -> Vec<LogLine> {
        let lines = self.lines.lock().unwrap_or_else(PoisonError::into_inner);
        let new = lines.total - mark;
        lines
            .kept
            .iter()
            .skip(lines.kept.len().saturating_sub(new))
            .cloned()
            .collect()
    }

    pub(super) fn push(&self, stream: Stream, bytes: &[u8]) {
        let line = LogLine {
            stream,
            text: String::from_utf8_lossy(bytes).into_owned(),
        };
        if let Some(on_line) = &self.on_line {
            on_line(&line);
        }
        let mut lines = self.lines.lock().unwrap_or_else(PoisonError::into_inner);
        lines.total += 1;
        lines.bytes += line.text.len() + 1;
        lines.kept.push_back(line);
        // The last line is kept, however long it is.
        while lines.bytes > self.keep_bytes
            && lines.kept.len() > 1
            && let Some(first) = lines.kept.pop_front()
        {
            lines.bytes -= first.text.len() + 1;
        }
    }

    /// Reads an output to its end. Whoever asks meanwhile is answered once all that was in it then has been read.
    pub(super) async fn follow(
        &self,
        stream: Stream,
        mut output: impl AsyncRead + AsFd + Unpin,
        mut asked: mpsc::UnboundedReceiver<oneshot::Sender<()>>,
    ) {
        let mut splitter = Splitter::default();
        let mut buffer = vec![0; 8 * 1024];
        // Who waits, and for how many bytes more.
        let mut waiting: Option<(u64, oneshot::Sender<()>)> = None;
        loop {
            let read = tokio::select! {
                biased;
                Some(answer) = asked.recv(), if waiting.is_none() => {
                    // What cannot be asked how much is in it has no more to say.
                    let unread = rustix::io::ioctl_fionread(&output).unwrap_or(0);
                    if unread == 0 {
                        // Who has gone away needs no answer.
                        let _ = answer.send(());
                    } else {
                        waiting = Some((unread, answer));
                    }
                    continue;
                }
                read = output.read(&mut buffer) => read,
            };
            let Ok(read @ 1..) = read else { break };
            splitter.feed(&buffer[..read], |line| self.push(stream, line));
            if let Some((unread, answer)) = waiting.take() {
                match unread.saturating_sub(read as u64) {
                    0 => drop(answer.send(())),
                    left => waiting = Some((left, answer)),
                }
            }
        }
        splitter.finish(|line| self.push(stream, line));
    }
}

/// The output of a process that is followed: all that it has written can be waited for.
#[derive(Debug)]
pub(super) struct Followed {
    ask: mpsc::UnboundedSender<oneshot::Sender<()>>,
}

impl Followed {
    /// With what a follower is asked by.
    pub(super) fn new() -> (Self, mpsc::UnboundedReceiver<oneshot::Sender<()>>) {
        let (ask, asked) = mpsc::unbounded_channel();
        (Self { ask }, asked)
    }

    /// Waits until all that the process has written so far has been read. An output that has ended has been.
    pub(super) async fn read_so_far(&self) {
        let (answer, answered) = oneshot::channel();
        if self.ask.send(answer).is_ok() {
            // A follower that goes away has read all there was.
            let _ = answered.await;
        }
    }
}

/// Cuts a stream of bytes into lines of at most [`LINE_BYTES`].
#[derive(Debug, Default)]
struct Splitter {
    partial: Vec<u8>,
}

impl Splitter {
    fn feed(&mut self, bytes: &[u8], mut emit: impl FnMut(&[u8])) {
        for piece in bytes.split_inclusive(|byte| *byte == b'\n') {
            let (text, ended) = match piece.strip_suffix(b"\n") {
                Some(text) => (text, true),
                None => (piece, false),
            };
            let room = LINE_BYTES.saturating_sub(self.partial.len());
            self.partial
                .extend_from_slice(&text[..text.len().min(room)]);
            if ended {
                emit(self.partial.strip_suffix(b"\r").unwrap_or(&self.partial));
                self.partial.clear();
            }
        }
    }

    fn finish(self, mut emit: impl FnMut(&[u8])) {
        if !self.partial.is_empty() {
            emit(&self.partial);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn split(pieces: &[&[u8]]) -> Vec<String> {
        let mut lines = Vec::new();
        let mut splitter = Splitter::default();
        let mut emit = |line: &[u8]| lines.push(String::from_utf8_lossy(line).into_owned());
        for piece in pieces {
            splitter.feed(piece, &mut emit);
        }
        splitter.finish(&mut emit);
        lines
    }

    #[test]
    fn lines_are_put_together_across_reads() {
        assert_eq!(
            split(&[b"one\ntw", b"o\r\n\nlast"]),
            ["one", "two", "", "last"]
        );
    }

    #[test]
    fn a_long_line_is_cut_and_the_next_one_is_whole() {
        let long = vec![b'x'; LINE_BYTES * 3];
        let lines = split(&[&long, b"\nnext\n"]);
        assert_eq!(
            lines.iter().map(String::len).collect::<Vec<_>>(),
            [LINE_BYTES, 4]
        );
    }

    #[test]
    fn only_the_last_lines_are_kept_and_a_mark_tells_them_apart() {
        let log = Log::new(40, None);
        for n in 100..200 {
            log.push(Stream::Out, n.to_string().as_bytes());
        }
        let mark = log.mark();
        let kept = log.since(0);
        assert_eq!(kept.len(), 10, "four bytes each");
        assert_eq!(kept[0].text, "190");
        assert!(log.since(mark).is_empty());
        log.push(Stream::Err, b"after");
        assert_eq!(
            log.since(mark),
            [LogLine {
                stream: Stream::Err,
                text: "after".to_owned()
            }]
        );
    }

    proptest! {
        #[test]
        fn where_reads_end_does_not_change_the_lines(text in "[a-c\n]{0,60}", cut in 0_usize..60) {
            let cut = cut.min(text.len());
            let (head, tail) = text.as_bytes().split_at(cut);
            prop_assert_eq!(split(&[head, tail]), split(&[text.as_bytes()]));
        }
    }
}
