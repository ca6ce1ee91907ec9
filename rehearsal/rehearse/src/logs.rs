//! `--logs-dir`: what functions and hooks print, kept in files.

use std::collections::{BTreeMap, VecDeque};
use std::fs;
use std::io;
use std::path::{Path, PathBuf};

use miette::{Context, IntoDiagnostic};
use rehearsal_aws::lambda::sandboxes::SandboxId;

use crate::drive::Wrote;

/// What the sandboxes of a rehearsal wrote, as far as it is kept: of each the last so many KiB.
pub struct KeptLogs {
    folder: PathBuf,
    keep_bytes: usize,
    sandboxes: BTreeMap<(String, String, SandboxId), Kept>,
}

#[derive(Default)]
struct Kept {
    lines: VecDeque<String>,
    bytes: usize,
}

impl KeptLogs {
    /// The folder of a rehearsal, made anew: what an earlier run left in it is removed, its own files alone.
    ///
    /// # Errors
    /// A folder that cannot be made.
    pub fn new(folder: &Path, rehearsal: &str, keep_kib: u32) -> miette::Result<Self> {
        let folder = folder.join(file_name(rehearsal));
        let made = fs::create_dir_all(&folder).and_then(|()| remove_logs(&folder));
        made.into_diagnostic().wrap_err_with(|| {
            format!(
                "what functions print cannot be kept in {}",
                folder.display()
            )
        })?;
        Ok(Self {
            folder,
            keep_bytes: keep_kib as usize * 1_024,
            sandboxes: BTreeMap::new(),
        })
    }

    /// Keeps what an invocation wrote, each line with the invocation's virtual time.
    pub fn add(&mut self, wrote: &Wrote) {
        let key = (wrote.function.clone(), wrote.version.clone(), wrote.sandbox);
        let kept = self.sandboxes.entry(key).or_default();
        for line in &wrote.lines {
            let line = format!("{}\t{}\n", wrote.at, line.replace('\r', "\n\t"));
            kept.bytes += line.len();
            kept.lines.push_back(line);
            // The last line is kept, however long it is.
            while kept.bytes > self.keep_bytes
                && kept.lines.len() > 1
                && let Some(first) = kept.lines.pop_front()
            {
                kept.bytes -= first.len();
            }
        }
    }

    /// Writes the files: `<function>-<version>-<number of the sandbox>.log`.
    ///
    /// # Errors
    /// A file that cannot be written.
    pub fn write(self) -> miette::Result<()> {
        for ((function, version, SandboxId(number)), kept) in self.sandboxes {
            let name = file_name(&format!("{function}-{version}-{number}.log"));
            let path = self.folder.join(name);
            let text: String = kept.lines.into_iter().collect();
            fs::write(&path, text)
                .into_diagnostic()
                .wrap_err_with(|| format!("{} cannot be written", path.display()))?;
        }
        Ok(())
    }
}

/// Removes the logs of an earlier run.
fn remove_logs(folder: &Path) -> io::Result<()> {
    for entry in fs::read_dir(folder)? {
        let entry = entry?;
        let is_log = entry
            .path()
            .extension()
            .is_some_and(|ending| ending == "log");
        if is_log && entry.file_type()?.is_file() {
            fs::remove_file(entry.path())?;
        }
    }
    Ok(())
}

/// A name without what would lead elsewhere, or hide it.
fn file_name(text: &str) -> String {
    let plain = |c: char| {
        if c.is_alphanumeric() || "-_.".contains(c) {
            c
        } else {
            '_'
        }
    };
    let name: String = text.chars().map(plain).collect();
    match name.strip_prefix('.') {
        Some(rest) => format!("_{rest}"),
        None => name,
    }
}

#[cfg(test)]
mod tests {
    use rehearsal_aws::VirtualTime;

    use super::*;

    fn wrote(sandbox: u64, lines: &[&str]) -> Wrote {
        Wrote {
            at: VirtualTime::from_seconds(65),
            function: "F".to_owned(),
            version: "2".to_owned(),
            sandbox: SandboxId(sandbox),
            lines: lines.iter().map(ToString::to_string).collect(),
        }
    }

    #[test]
    fn each_sandbox_has_a_file_with_its_last_lines_and_their_virtual_times() {
        let folder = tempfile::tempdir().unwrap();
        let mut kept = KeptLogs::new(folder.path(), "../odd name", 1).unwrap();
        kept.add(&wrote(1, &["one", "two\rthree"]));
        for _ in 0..100 {
            kept.add(&wrote(2, &["a line of some length"]));
        }
        kept.write().unwrap();
        let read =
            |name: &str| fs::read_to_string(folder.path().join("_._odd_name").join(name)).unwrap();
        assert_eq!(read("F-2-1.log"), "1:05.000\tone\n1:05.000\ttwo\n\tthree\n");
        let bounded = read("F-2-2.log");
        assert!((900..=1_024).contains(&bounded.len()), "{}", bounded.len());
        KeptLogs::new(folder.path(), "../odd name", 1).unwrap();
        assert!(!folder.path().join("_._odd_name/F-2-1.log").exists());
    }
}
