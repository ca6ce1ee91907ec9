//! What a process writes, line by line, in bounded memory.

use std::collections::VecDeque;
use std::fmt;
use std::io;
use std::os::fd::OwnedFd;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use rustix::io::Errno;
use tokio::net::unix::pipe;

/// How much is kept of what one sandbox wrote, in bytes, unless its specification says otherwise.
pub const KEPT_BYTES: usize = 64 * 1024;
/// A longer line is cut here, in bytes: the longest event of a log group (CloudWatch Logs user guide, "CloudWatch Logs quotas").
pub const LINE_BYTES: usize = 256 * 1024;

/// How much of an output is read at once.
const BUFFER_BYTES: usize = 8 * 1024;

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
}

/// An output of a process, which is read as it comes, and at any time as far as the process has written.
pub(super) struct Output {
    pipe: pipe::Receiver,
    stream: Stream,
    log: Arc<Log>,
    /// Held while the pipe is read, so that lines are in the order in which they were written.
    splitter: Mutex<Splitter>,
}

impl Output {
    /// Follows a pipe's end.
    ///
    /// # Errors
    /// It cannot be waited for.
    pub(super) fn new(stream: Stream, pipe: OwnedFd, log: &Arc<Log>) -> io::Result<Self> {
        Ok(Self {
            pipe: pipe::Receiver::from_owned_fd(pipe)?,
            stream,
            log: Arc::clone(log),
            splitter: Mutex::default(),
        })
    }

    fn splitter(&self) -> MutexGuard<'_, Splitter> {
        self.splitter.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn feed(&self, splitter: &mut Splitter, bytes: &[u8]) {
        splitter.feed(bytes, |line| self.log.push(self.stream, line));
    }

    /// Reads it to its end.
    pub(super) async fn follow(&self) {
        let mut buffer = vec![0; BUFFER_BYTES];
        while self.pipe.readable().await.is_ok() {
            let mut splitter = self.splitter();
            match self.pipe.try_read(&mut buffer) {
                Ok(read @ 1..) => self.feed(&mut splitter, &buffer[..read]),
                Err(error) if error.kind() == io::ErrorKind::WouldBlock => {}
                Ok(0) | Err(_) => break,
            }
        }
        let rest = std::mem::take(&mut *self.splitter());
        rest.finish(|line| self.log.push(self.stream, line));
    }

    /// Reads what the process has written so far: no more than that, for it may write on without an end.
    pub(super) fn read_so_far(&self) {
        let mut splitter = self.splitter();
        // What cannot be asked how much is in it has no more to say.
        let mut unread = rustix::io::ioctl_fionread(&self.pipe).unwrap_or(0);
        while unread > 0 {
            let mut buffer = [0; BUFFER_BYTES];
            // The pipe itself: the runtime may not know yet that there is something in it.
            match rustix::io::read(&self.pipe, &mut buffer) {
                Ok(read @ 1..) => {
                    self.feed(&mut splitter, &buffer[..read]);
                    unread = unread.saturating_sub(read as u64);
                }
                Err(Errno::INTR) => {}
                // Something else that reads it too may have been before this.
                Ok(0) | Err(_) => break,
            }
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
