//! What a round does: an input, a command line, outputs, signals.

use std::ffi::OsString;
use std::fmt;
use std::fs::File;
use std::io;
use std::os::unix::process::CommandExt;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::time::Duration;

use workspace_tests::places;
use workspace_tests::scenario::GREETER;

use crate::applications::{self, Damage};
use crate::dice::Dice;
use crate::mutation::mutated;
use crate::signals::{self, Strike, Target};

/// How long most of them take: signals come within.
const USUAL_RUN: Duration = Duration::from_millis(1_200);
const USUAL_INSPECTION: Duration = Duration::from_millis(40);
/// How long a run may take whose input is a small rehearsal.
const SMALL_RUN: Duration = Duration::from_mins(2);
/// A damaged input may ask for 10,000,000 requests, and a pipe without a reader takes nothing: after this the run is asked to end.
const PATIENCE: Duration = Duration::from_secs(15);
/// How soon a command ends that is asked to, and how soon an inspection is over, on a busy machine.
const AT_ONCE: Duration = Duration::from_secs(10);

#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Kind {
    Faults,
    DamagedFile,
    DamagedTemplate,
    DamagedEvent,
    Inspection,
    OddOutputs,
}

impl fmt::Display for Kind {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(match self {
            Self::Faults => "random faults",
            Self::DamagedFile => "damaged rehearsal file",
            Self::DamagedTemplate => "damaged template",
            Self::DamagedEvent => "damaged event file",
            Self::Inspection => "inspection of a damaged template",
            Self::OddOutputs => "odd outputs",
        })
    }
}

/// What an output of the command is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Stream {
    /// A file, which is looked at afterwards.
    Kept,
    /// A full device.
    Full,
    /// A pipe whose reader is gone.
    Unread,
    /// Nothing: the descriptor is not open.
    Closed,
}

/// Where the report is to go.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ReportPlace {
    File,
    Full,
    /// A FIFO that no one reads.
    Pipe,
    /// Places where no one may write a file, not even root.
    Folder,
    BelowAFile,
    System,
}

#[derive(Debug)]
pub struct Round {
    pub kind: Kind,
    pub is_json: bool,
    pub denies_warnings: bool,
    pub stdout: Stream,
    pub stderr: Stream,
    pub report: ReportPlace,
    pub strikes: Vec<Strike>,
    /// When the command is asked to end, should it still run.
    pub patience: Option<Duration>,
    /// When it is too late for any end.
    pub limit: Duration,
    arguments: Vec<OsString>,
}

impl Round {
    /// Chooses what a round does, and makes its input in its folder.
    pub fn make(dice: &mut Dice, folder: &Path) -> io::Result<Self> {
        for name in ["tmp", "kept", "odd", "input"] {
            std::fs::create_dir_all(folder.join(name))?;
        }
        let rehearse = folder.join("target/rehearse/rehearse");
        applications::link(&places::binary("rehearse"), &rehearse)?;
        let kind = match dice.number(0..=99) {
            0..=44 => Kind::Faults,
            45..=56 => Kind::DamagedFile,
            57..=66 => Kind::DamagedTemplate,
            67..=71 => Kind::DamagedEvent,
            72..=86 => Kind::Inspection,
            _ => Kind::OddOutputs,
        };
        let mut round = Self {
            kind,
            is_json: dice.one_in(2),
            denies_warnings: false,
            stdout: Stream::Kept,
            stderr: Stream::Kept,
            report: ReportPlace::File,
            strikes: Vec::new(),
            patience: None,
            limit: SMALL_RUN,
            arguments: vec![rehearse.into()],
        };
        if kind == Kind::OddOutputs || dice.one_in(12) {
            round.choose_outputs(dice);
        }
        if round.is_inspection() {
            round.inspect(dice, folder)?;
        } else {
            round.run(dice, folder)?;
        }
        if round.is_json {
            round.arguments.extend(["--format".into(), "json".into()]);
        }
        Ok(round)
    }

    /// Whether the command is `inspect`, and not `run`.
    pub fn is_inspection(&self) -> bool {
        self.kind == Kind::Inspection
    }

    pub fn is_damaged(&self) -> bool {
        !matches!(self.kind, Kind::Faults | Kind::OddOutputs)
    }

    fn choose_outputs(&mut self, dice: &mut Dice) {
        let streams = [Stream::Full, Stream::Unread, Stream::Closed, Stream::Kept];
        self.stdout = *dice.one(&streams.each_ref());
        self.stderr = *dice.one(&streams.each_ref());
        if !self.is_inspection() && (self.stdout == Stream::Kept || dice.one_in(3)) {
            use ReportPlace::{BelowAFile, Folder, Full, Pipe, System};
            self.report = *dice.one(&[&Full, &Pipe, &Folder, &BelowAFile, &System]);
        }
    }

    fn run(&mut self, dice: &mut Dice, folder: &Path) -> io::Result<()> {
        let damage = match self.kind {
            Kind::DamagedFile => Damage::File,
            Kind::DamagedTemplate => Damage::Template,
            Kind::DamagedEvent => Damage::Event,
            _ => Damage::None,
        };
        let file = applications::make(dice, folder, damage)?;
        let report = self.report_path(folder)?;
        self.arguments
            .extend(["run".into(), file.into(), "--report".into(), report.into()]);
        let targets = [
            Target::Command,
            Target::Group,
            Target::Guard,
            Target::Worker,
        ];
        self.strikes = signals::random(dice, USUAL_RUN, &targets.each_ref());
        if self.is_damaged() || self.report == ReportPlace::Pipe {
            self.patience = Some(PATIENCE);
            self.limit = PATIENCE + AT_ONCE;
        }
        Ok(())
    }

    fn inspect(&mut self, dice: &mut Dice, folder: &Path) -> io::Result<()> {
        let root = places::root();
        let templates = [
            "template.yaml",
            "tests/templates/without-guard.yaml",
            "tests/inspect/good.yaml",
            "tests/inspect/refused.yaml",
            "tests/inspect/unknowns.yaml",
            "tests/applications/orders/template.yaml",
            "tests/applications/thumbnails/cdk.out/Thumbnails.template.json",
            "",
        ];
        let text = match dice.one(&templates) {
            "" => GREETER.as_bytes().to_vec(),
            name => std::fs::read(root.join(name))?,
        };
        let template = folder.join("input/template.yaml");
        std::fs::write(&template, mutated(dice, &text))?;
        self.arguments.extend(["inspect".into(), template.into()]);
        if dice.one_in(3) {
            self.denies_warnings = true;
            self.arguments.extend(["--deny".into(), "warnings".into()]);
        }
        if dice.one_in(4) {
            let text = std::fs::read(root.join("samconfig.toml"))?;
            let samconfig = folder.join("input/samconfig.toml");
            std::fs::write(&samconfig, mutated(dice, &text))?;
            self.arguments
                .extend(["--samconfig".into(), samconfig.into()]);
        }
        let targets = [&Target::Command, &Target::Group];
        self.strikes = signals::random(dice, USUAL_INSPECTION, &targets);
        self.limit = AT_ONCE;
        Ok(())
    }

    fn report_path(&self, folder: &Path) -> io::Result<PathBuf> {
        Ok(match self.report {
            ReportPlace::File => report_file(folder),
            ReportPlace::Full => "/dev/full".into(),
            ReportPlace::Folder => folder.join("odd"),
            ReportPlace::System => "/proc/report.json".into(),
            ReportPlace::BelowAFile => {
                std::fs::write(folder.join("odd/file"), "")?;
                folder.join("odd/file/report.json")
            }
            ReportPlace::Pipe => {
                let pipe = folder.join("odd/pipe");
                let made = Command::new("mkfifo").arg(&pipe).status()?;
                if !made.success() {
                    return Err(io::Error::other(format!("mkfifo: {made}")));
                }
                pipe
            }
        })
    }

    /// The command, ready to be started in a process group of its own.
    pub fn command(&self, folder: &Path) -> io::Result<Command> {
        let mut closed = String::new();
        for (stream, descriptor) in [(self.stdout, " >&-"), (self.stderr, " 2>&-")] {
            if stream == Stream::Closed {
                closed += descriptor;
            }
        }
        let mut command = if closed.is_empty() {
            Command::new(&self.arguments[0])
        } else {
            // Only a shell starts a program without a descriptor.
            let mut shell = Command::new("sh");
            shell
                .arg("-c")
                .arg(format!("exec \"$0\" \"$@\"{closed}"))
                .arg(&self.arguments[0]);
            shell
        };
        command
            .args(&self.arguments[1..])
            .current_dir(folder)
            .env("TMPDIR", folder.join("tmp"))
            .env("CARGO_TARGET_DIR", folder.join("target"))
            .env("RUST_BACKTRACE", "1")
            .env("NO_COLOR", "1")
            // This program may be a guarded command itself, and what it starts is not part of it.
            .env_remove("REHEARSE_PROCESS_ROLE")
            .stdin(Stdio::null())
            .stdout(stdio(self.stdout, &folder.join("stdout"))?)
            .stderr(stdio(self.stderr, &folder.join("stderr"))?)
            .process_group(0);
        Ok(command)
    }
}

impl fmt::Display for Round {
    /// Its command line and what is done to it.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}: rehearse", self.kind)?;
        for argument in &self.arguments[1..] {
            write!(f, " {}", argument.display())?;
        }
        for (name, stream) in [
            ("standard output", self.stdout),
            ("standard error", self.stderr),
        ] {
            if stream != Stream::Kept {
                write!(f, "; {name} {stream:?}")?;
            }
        }
        for strike in &self.strikes {
            write!(f, "; {strike} after {} ms", strike.after.as_millis())?;
        }
        Ok(())
    }
}

/// Where a report is kept that has an ordinary place.
pub fn report_file(folder: &Path) -> PathBuf {
    folder.join("kept/report.json")
}

fn stdio(stream: Stream, file: &Path) -> io::Result<Stdio> {
    Ok(match stream {
        Stream::Kept => File::create(file)?.into(),
        Stream::Full => File::options().write(true).open("/dev/full")?.into(),
        Stream::Unread => {
            let (reader, writer) = io::pipe()?;
            drop(reader);
            writer.into()
        }
        Stream::Closed => Stdio::null(),
    })
}
