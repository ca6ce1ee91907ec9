//! What a process writes, line by line, in bounded memory.

use std::collections::VecDeque;
use std::fmt;
use std::sync::{Arc, Mutex, PoisonError};

use tokio::io::{AsyncRead, AsyncReadExt};

/// Lines kept of one sandbox.
const KEPT_LINES: usize = 256;
/// A longer line is cut here, in bytes.
const LINE_BYTES: usize = 16 * 1024;

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
#[derive(Default)]
pub(super) struct Log {
    lines: Mutex<Lines>,
    on_line: Option<OnLine>,
}

#[derive(Debug, Default)]
struct Lines {
    kept: VecDeque<LogLine>,
    /// How many lines there have been, those not kept included.
    total: usize,
}

impl Log {
    pub(super) fn new(on_line: Option<OnLine>) -> Self {
        Self {
            lines: Mutex::default(),
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

    fn push(&self, stream: Stream, bytes: &[u8]) {
        let line = LogLine {
            stream,
            text: String::from_utf8_lossy(bytes).into_owned(),
        };
        if let Some(on_line) = &self.on_line {
            on_line(&line);
        }
        let mut lines = self.lines.lock().unwrap_or_else(PoisonError::into_inner);
        lines.total += 1;
        if lines.kept.len() == KEPT_LINES {
            lines.kept.pop_front();
        }
        lines.kept.push_back(line);
    }

    /// Reads an output to its end.
    pub(super) async fn follow(&self, stream: Stream, mut output: impl AsyncRead + Unpin) {
        let mut splitter = Splitter::default();
        let mut buffer = vec![0; 8 * 1024];
        while let Ok(read @ 1..) = output.read(&mut buffer).await {
            splitter.feed(&buffer[..read], |line| self.push(stream, line));
        }
        splitter.finish(|line| self.push(stream, line));
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
        let log = Log::new(None);
        for n in 0..KEPT_LINES * 2 {
            log.push(Stream::Out, n.to_string().as_bytes());
        }
        let mark = log.mark();
        assert_eq!(log.since(0).len(), KEPT_LINES);
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
