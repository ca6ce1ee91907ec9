//! Standard output and standard error: everything that the command prints goes through here.
//!
//! Neither is sure to take it. A reader that has seen enough closes its end, as `head` does: that is no failure, and what
//! follows is dropped. A place that is full is one: the command then ends with [`UNUSABLE`].

use std::fs::File;
use std::io::{self, ErrorKind, Write};
use std::os::fd::AsFd;
use std::os::unix::fs::FileTypeExt;
use std::time::Duration;

use console::Term;
use rehearsal_template::printable;

use crate::UNUSABLE;
use crate::problem::Problem;

/// How wide text is where there is no terminal to fit it to, in characters.
const WIDTH: usize = 80;

/// How wide text on standard output may be, in characters.
pub fn width() -> usize {
    width_of(&Term::stdout())
}

/// How wide text on an output may be, in characters: as its terminal, or as `COLUMNS` says.
pub fn width_of(terminal: &Term) -> usize {
    let columns = || std::env::var("COLUMNS").ok()?.parse().ok();
    let found = terminal
        .size_checked()
        .map(|(_, columns)| usize::from(columns));
    // Narrower than this nothing can be read.
    found
        .or_else(columns)
        .filter(|width| *width > 0)
        .unwrap_or(WIDTH)
        .max(20)
}

/// How long a pipe that takes nothing at the moment is left alone. Pipes are like that which a parent, such as Node.js, has made
/// non-blocking for itself.
const PAUSE: Duration = Duration::from_millis(1);

/// Standard output or standard error.
pub struct Output {
    name: &'static str,
    coloured: bool,
    /// Whether it is a terminal, be it one that is gone: isatty(3) says no to that.
    is_device: bool,
    to: Box<dyn Write + Send>,
    state: State,
}

/// Whether an output takes anything.
enum State {
    Open,
    /// Its reader is gone.
    Closed,
    /// Something could not be written.
    Failed(io::Error),
}

impl Output {
    /// Prints text for people: line feeds and colours stay, and other control characters are escaped. Text of others has been
    /// through [`printable::line`] before.
    pub fn print(&mut self, text: &str) {
        self.write(printable::coloured(text).as_bytes());
    }

    /// Prints JSON. What a program reads from it is exact, and nothing in it acts on a terminal.
    pub fn print_json(&mut self, text: &str) {
        self.write(printable::json(text).as_bytes());
    }

    /// Prints a problem with its place.
    pub fn print_problem(&mut self, problem: &miette::Report) {
        let text = Problem::of(problem).render(self.coloured);
        self.print(&(text + "\n"));
    }

    /// Whether colours are shown.
    pub fn is_coloured(&self) -> bool {
        self.coloured
    }

    /// Keeps the first failure; after it, or without a reader, nothing more is tried.
    fn write(&mut self, bytes: &[u8]) {
        if !matches!(self.state, State::Open) {
            return;
        }
        self.state = match write_all(&mut *self.to, bytes) {
            Ok(()) => State::Open,
            Err(error) if is_closed(&error) || self.is_device && is_hung_up(&error) => {
                State::Closed
            }
            Err(error) => State::Failed(error),
        };
    }
}

/// Both outputs of the command.
pub struct Outputs {
    /// Standard output: what the command was asked for.
    pub out: Output,
    /// Standard error: progress, and what is wrong.
    pub err: Output,
}

impl Outputs {
    /// Those of this process.
    pub fn standard() -> Self {
        Self {
            out: Output {
                name: "standard output",
                coloured: console::colors_enabled(),
                is_device: is_device(&io::stdout()),
                to: Box::new(io::stdout()),
                state: State::Open,
            },
            err: Output {
                name: "standard error",
                coloured: console::colors_enabled_stderr(),
                is_device: is_device(&io::stderr()),
                to: Box::new(io::stderr()),
                state: State::Open,
            },
        }
    }

    /// The exit code: `code`, unless something could not be written, which is then reported on the output that is left.
    pub fn code(&mut self, code: u8) -> u8 {
        let mut failed = false;
        if let State::Failed(error) = &self.out.state {
            let message = format!("error: {} cannot be written: {error}\n", self.out.name);
            self.err.print(&message);
            failed = true;
        }
        failed |= matches!(self.err.state, State::Failed(_));
        if failed { UNUSABLE } else { code }
    }
}

/// Whether an error says that the reader of a pipe or socket is gone. (Rust ignores SIGPIPE, so that a write says so.)
pub fn is_closed(error: &io::Error) -> bool {
    matches!(
        error.kind(),
        ErrorKind::BrokenPipe | ErrorKind::ConnectionReset
    )
}

/// Whether it is a character device, as terminals are.
fn is_device(output: &impl AsFd) -> bool {
    let file = output.as_fd().try_clone_to_owned().map(File::from);
    let metadata = file.and_then(|file| file.metadata());
    metadata.is_ok_and(|metadata| metadata.file_type().is_char_device())
}

/// Whether an error of a terminal says that it is gone (termios(3): `EIO` after a hang-up).
fn is_hung_up(error: &io::Error) -> bool {
    error.raw_os_error() == Some(rustix::io::Errno::IO.raw_os_error())
}

/// Writes and flushes, however small the pieces are in which it is taken.
fn write_all(to: &mut dyn Write, mut bytes: &[u8]) -> io::Result<()> {
    while !bytes.is_empty() {
        match to.write(bytes) {
            Ok(0) => return Err(ErrorKind::WriteZero.into()),
            Ok(written) => bytes = &bytes[written..],
            Err(error) => wait_or_fail(error)?,
        }
    }
    while let Err(error) = to.flush() {
        wait_or_fail(error)?;
    }
    Ok(())
}

/// Waits where another attempt may succeed.
fn wait_or_fail(error: io::Error) -> io::Result<()> {
    match error.kind() {
        ErrorKind::Interrupted => Ok(()),
        ErrorKind::WouldBlock => {
            std::thread::sleep(PAUSE);
            Ok(())
        }
        _ => Err(error),
    }
}

#[cfg(test)]
mod tests {
    use std::sync::{Arc, Mutex};

    use super::*;

    /// What takes a byte at a time, after it has refused each with the next of these errors.
    struct Awkward {
        errors: Vec<ErrorKind>,
        taken: Arc<Mutex<Vec<u8>>>,
    }

    impl Write for Awkward {
        fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
            if let Some(error) = self.errors.pop() {
                return Err(error.into());
            }
            self.taken.lock().unwrap().push(bytes[0]);
            Ok(1)
        }

        fn flush(&mut self) -> io::Result<()> {
            Ok(())
        }
    }

    /// Outputs that meet these errors, and what each of them took.
    fn outputs(out: &[ErrorKind], err: &[ErrorKind]) -> (Outputs, [Arc<Mutex<Vec<u8>>>; 2]) {
        let taken = [Arc::default(), Arc::default()];
        let output = |name, errors: &[ErrorKind], taken: &Arc<_>| Output {
            name,
            is_device: false,
            coloured: false,
            to: Box::new(Awkward {
                errors: errors.to_vec(),
                taken: Arc::clone(taken),
            }),
            state: State::Open,
        };
        let outputs = Outputs {
            out: output("standard output", out, &taken[0]),
            err: output("standard error", err, &taken[1]),
        };
        (outputs, taken)
    }

    fn text(taken: &Mutex<Vec<u8>>) -> String {
        String::from_utf8(taken.lock().unwrap().clone()).unwrap()
    }

    #[test]
    fn what_is_taken_in_pieces_and_not_at_once_is_written_whole() {
        let (mut outputs, [out, _]) =
            outputs(&[ErrorKind::WouldBlock, ErrorKind::Interrupted], &[]);
        outputs.out.print("all of it\n");
        assert_eq!(text(&out), "all of it\n");
        assert_eq!(outputs.code(1), 1);
    }

    #[test]
    fn a_reader_that_is_gone_is_no_failure() {
        let (mut outputs, [out, err]) = outputs(&[ErrorKind::BrokenPipe], &[ErrorKind::BrokenPipe]);
        for _ in 0..2 {
            outputs.out.print("unseen");
            outputs.err.print("unseen");
        }
        assert_eq!((text(&out), text(&err)), (String::new(), String::new()));
        assert_eq!((outputs.code(0), outputs.code(1)), (0, 1));
    }

    #[test]
    fn a_full_place_is_a_failure_that_the_other_output_tells() {
        let (mut outputs, [_, err]) = outputs(&[ErrorKind::StorageFull], &[]);
        outputs.out.print("lost");
        outputs.out.print("never tried");
        assert_eq!(outputs.code(0), UNUSABLE);
        assert!(text(&err).contains("standard output cannot be written"));
    }

    #[test]
    fn progress_that_could_not_be_shown_is_a_failure_too() {
        let (mut outputs, [out, _]) = outputs(&[], &[ErrorKind::StorageFull]);
        outputs.err.print("lost");
        outputs.out.print("the report");
        assert_eq!(text(&out), "the report");
        assert_eq!(outputs.code(0), UNUSABLE);
    }

    #[test]
    fn text_is_escaped_for_people_and_as_json_for_programs() {
        let (mut outputs, [out, _]) = outputs(&[], &[]);
        outputs.out.print("\u{9b}2Ja\n");
        outputs.out.print_json("\"\u{9b}2Ja\"\n");
        assert_eq!(text(&out), "\\u{9b}2Ja\n\"\\u009b2Ja\"\n");
    }
}
