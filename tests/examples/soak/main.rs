//! A soak: random faults, signals, damaged inputs and odd outputs at `rehearse`, round after round, for as long as is asked. After each
//! round everything is looked at that a user is promised: the exit code, the time, what was printed, and that nothing is left.
//!
//! ```sh
//! make soak                            # 30 minutes, with a seed of the clock's
//! make soak MINUTES=5 SEED=7
//! make soak SEED=7 ROUND=123           # one round once more
//! ```
//!
//! What a round chooses follows from the seed and its number alone. When a signal arrives is a matter of the machine too, so a
//! round that went wrong may have to be tried a few times. Its folder is kept under `target/soak`, with all of its input.
//!
//! - [`round`]: what a round does. [`applications`], [`faults`], [`mutation`], [`signals`]: of what it chooses. [`dice`]: how.
//! - [`watch`]: the command while it runs.
//! - [`verdict`], [`leftovers`]: what is wrong afterwards. [`tally`]: the figures.

mod applications;
mod dice;
mod faults;
mod leftovers;
mod mutation;
mod round;
mod signals;
mod tally;
mod verdict;
mod watch;

use std::error::Error;
use std::io;
use std::path::{Path, PathBuf};
use std::process::ExitCode;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant, SystemTime};

use rehearsal_host::guard::{self, Role};
use rehearsal_host::signals::EndingSignals;
use tokio::sync::mpsc;
use workspace_tests::places;

use crate::dice::Dice;
use crate::round::Round;
use crate::tally::Tally;

const USAGE: &str = "usage: soak [--minutes N] [--seed N] [--round N] [--jobs N] [--stop]";

#[derive(Clone, Debug)]
struct Options {
    minutes: u64,
    seed: u64,
    /// This round alone.
    round: Option<u64>,
    /// How many rounds run side by side.
    jobs: u64,
    /// Whether the first violation ends it.
    stops: bool,
}

impl Options {
    fn read(mut arguments: impl Iterator<Item = String>) -> Result<Self, Box<dyn Error>> {
        let clock = SystemTime::now().duration_since(SystemTime::UNIX_EPOCH)?;
        let mut options = Self {
            minutes: 30,
            seed: clock.as_secs(),
            round: None,
            jobs: 2,
            stops: false,
        };
        while let Some(name) = arguments.next() {
            let mut number = || match arguments.next().map(|text| text.parse()) {
                Some(Ok(number)) => Ok(number),
                _ => Err(format!("{name} takes a number\n{USAGE}")),
            };
            match name.as_str() {
                "--minutes" => options.minutes = number()?,
                "--seed" => options.seed = number()?,
                "--round" => options.round = Some(number()?),
                "--jobs" => options.jobs = number()?,
                "--stop" => options.stops = true,
                _ => return Err(format!("{name} is no option\n{USAGE}").into()),
            }
        }
        Ok(options)
    }
}

/// What all jobs share.
struct Soak {
    options: Options,
    /// Where rounds have their folders, and where those of violations are kept.
    folder: PathBuf,
    kept: PathBuf,
    began: Instant,
    next: AtomicU64,
    is_over: AtomicBool,
    tally: Mutex<Tally>,
}

fn main() -> Result<ExitCode, Box<dyn Error>> {
    let options = Options::read(std::env::args().skip(1))?;
    // Whatever ends the soak ends what it has started.
    if let Role::Done(code) = guard::enter()? {
        return Ok(ExitCode::from(code));
    }
    let kept = places::target().join("soak");
    std::fs::create_dir_all(&kept)?;
    let folder = tempfile::Builder::new()
        .prefix("rounds-")
        .tempdir_in(&kept)?;
    println!(
        "seed {}, {} minutes, {} rounds at a time",
        options.seed, options.minutes, options.jobs
    );
    let jobs = if options.round.is_some() {
        1
    } else {
        options.jobs
    };
    let soak = Arc::new(Soak {
        next: AtomicU64::new(options.round.unwrap_or(1)),
        options,
        folder: folder.path().canonicalize()?,
        kept,
        began: Instant::now(),
        is_over: AtomicBool::new(false),
        tally: Mutex::default(),
    });
    let (ended, mut ends) = mpsc::unbounded_channel();
    let mut threads = Vec::new();
    for _ in 0..jobs {
        let (soak, ended) = (Arc::clone(&soak), ended.clone());
        // Its receiver may have ended for a signal.
        let work = move || ended.send(soak.work()).is_ok();
        threads.push(std::thread::spawn(work));
    }
    drop(ended);
    let runtime = tokio::runtime::Builder::new_current_thread()
        .enable_all()
        .build()?;
    let signal = runtime.block_on(async {
        let mut signals = EndingSignals::listen()?;
        loop {
            tokio::select! {
                end = ends.recv() => match end {
                    Some(worked) => worked?,
                    None => return Ok(None),
                },
                signal = signals.next() => return Ok::<_, io::Error>(Some(signal)),
            }
        }
    })?;
    let tally = soak.tally();
    println!("{tally}");
    if signal.is_none() && threads.into_iter().any(|thread| thread.join().is_err()) {
        return Err("a job panicked; its round is not counted".into());
    }
    Ok(match signal {
        Some(signal) => ExitCode::from(signal.exit_code()),
        None if tally.violations > 0 => ExitCode::FAILURE,
        None => ExitCode::SUCCESS,
    })
}

impl Soak {
    fn tally(&self) -> MutexGuard<'_, Tally> {
        self.tally.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Does one round after the other until the time is over.
    fn work(&self) -> io::Result<()> {
        let until = Duration::from_secs(self.options.minutes * 60);
        while !self.is_over.load(Ordering::Relaxed) {
            let number = self.next.fetch_add(1, Ordering::Relaxed);
            let folder = self.folder.join(number.to_string());
            self.round(number, &folder)?;
            let is_over = self.options.round.is_some() || self.began.elapsed() >= until;
            self.is_over.fetch_or(is_over, Ordering::Relaxed);
        }
        Ok(())
    }

    fn round(&self, number: u64, folder: &Path) -> io::Result<()> {
        let listened = leftovers::listening()?;
        let round = Round::make(&mut Dice::new(self.options.seed, number), folder)?;
        let ended = watch::run(&round, folder)?;
        let (took, left) = leftovers::running(folder, &listened)?;
        let mut wrong = verdict::violations(&round, &ended, folder);
        wrong.extend(left);
        let files = leftovers::files(folder)?;
        let leaves_files = !files.is_empty();
        if leaves_files && !ended.was_killed() {
            wrong.push(format!("these files are left: {files:?}"));
        }
        let mut tally = self.tally();
        tally.count(number, &round, &ended, took);
        // No one can tidy up after a SIGKILL.
        tally.files_after_kill += u64::from(leaves_files && ended.was_killed());
        if wrong.is_empty() {
            std::fs::remove_dir_all(folder)?;
        } else {
            tally.violations += 1;
            leftovers::end(folder)?;
            let kept = self.kept.join(format!("{}-{number}", self.options.seed));
            // Of an earlier soak with the same seed.
            let _ = std::fs::remove_dir_all(&kept);
            std::fs::rename(folder, &kept)?;
            let round = round
                .to_string()
                .replace(&folder.display().to_string(), &kept.display().to_string());
            println!(
                "VIOLATION in round {number} of seed {}: {wrong:#?}\n  {round}\n  it ended with {} after {:.2} s; its folder is {}",
                self.options.seed,
                ended.end,
                ended.took.as_secs_f64(),
                kept.display()
            );
            self.is_over.fetch_or(self.options.stops, Ordering::Relaxed);
        }
        if tally.is_due(self.began.elapsed()) {
            println!(
                "{:>4} s: {} rounds, {} violations",
                self.began.elapsed().as_secs(),
                tally.rounds,
                tally.violations
            );
        }
        Ok(())
    }
}
