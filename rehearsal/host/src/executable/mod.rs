//! Whether this machine can run a file, judged before it is tried: a program for another processor, or one whose interpreter is
//! missing, would else be a function that fails at its start, in every request.
//!
//! - [`elf`]: Linux's programs. [`script`]: files that begin with `#!`. [`binfmt`]: what the kernel was taught besides.

mod binfmt;
mod elf;
mod script;

use std::fs::File;
use std::io::{self, Read};
use std::path::{Path, PathBuf};

use rustix::fs::{Access, access};

/// How much of a file's beginning the kernel looks at (execve(2), "Interpreter scripts").
const HEAD_BYTES: u64 = 256;

/// How many scripts may have a script as their interpreter, one after another (execve(2)).
const NESTED_SCRIPTS: usize = 4;

/// Why a file cannot be run here. Each reads on after "… cannot be run: ".
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum CannotRun {
    /// There is no such file, or it cannot be looked at.
    #[error("{0}")]
    Unreadable(io::Error),
    /// A folder, a device, a socket.
    #[error("it is not a file")]
    NotAFile,
    /// It may not be executed, or nothing on its file system may.
    #[error("it is not executable (chmod +x)")]
    NotExecutable,
    /// It has no content.
    #[error("it is empty")]
    Empty,
    /// Neither a program nor a script.
    #[error(
        "it is neither a program for {} nor a script that begins with #!",
        system()
    )]
    NoProgram,
    /// A program for another operating system.
    #[error("it is a program for {built_for}, and this machine runs {}", system())]
    OtherSystem {
        /// Which.
        built_for: &'static str,
    },
    /// A program for another processor.
    #[error(
        "it is built for another processor, {program}, and this machine has {}; build it for this one, in a folder of its own",
        std::env::consts::ARCH
    )]
    OtherProcessor {
        /// The processor that it is for.
        program: String,
    },
    /// Not all of it is there, or it contradicts itself.
    #[error("it is broken: {0}")]
    Broken(&'static str),
    /// A library or an object file.
    #[error("it is no program but {0}")]
    NoMain(&'static str),
    /// The dynamic loader that it asks for is not on this machine.
    #[error("it needs the loader {}, which is not on this machine", .0.display())]
    NoLoader(PathBuf),
    /// The interpreter after `#!` is not there, or cannot be run itself.
    #[error("its interpreter {} cannot be run: {reason}", interpreter.display())]
    Interpreter {
        /// What stands after `#!`.
        interpreter: PathBuf,
        /// Why not.
        reason: Box<CannotRun>,
    },
    /// `#!/usr/bin/env name`, and there is no such program.
    #[error(
        "its first line asks env for {name}, which is in no folder of the function's PATH ({path})"
    )]
    NotOnPath {
        /// The program that is asked for.
        name: String,
        /// The folders that were searched.
        path: String,
    },
    /// The first line ends as on Windows, and the carriage return becomes a part of the interpreter's name.
    #[error(
        "its first line ends in a carriage return, as on Windows, which becomes a part of the interpreter's name"
    )]
    CarriageReturn,
    /// Scripts whose interpreters are scripts, too many in a row.
    #[error("its interpreter is a script, whose interpreter is a script, and so on")]
    NestedTooDeep,
}

/// This operating system, as people call it.
fn system() -> &'static str {
    match std::env::consts::OS {
        "linux" => "Linux",
        "macos" => "macOS",
        other => other,
    }
}

/// Whether this machine can run a program. `path` is the `PATH` that it will have, for scripts that begin with
/// `#!/usr/bin/env`.
///
/// What only its start can show stays open: a library that is missing, or a C library that is too old.
///
/// # Errors
/// Why not.
///
/// ```
/// use rehearsal_host::executable::check;
///
/// assert!(check("/bin/sh".as_ref(), "/usr/bin:/bin").is_ok());
/// let refused = check("/etc/passwd".as_ref(), "").unwrap_err();
/// assert_eq!(refused.to_string(), "it is not executable (chmod +x)");
/// ```
pub fn check(program: &Path, path: &str) -> Result<(), CannotRun> {
    check_nested(program, path, 0)
}

fn check_nested(program: &Path, path: &str, depth: usize) -> Result<(), CannotRun> {
    let metadata = std::fs::metadata(program).map_err(CannotRun::Unreadable)?;
    if !metadata.is_file() {
        return Err(CannotRun::NotAFile);
    }
    if access(program, Access::EXEC_OK).is_err() {
        return Err(CannotRun::NotExecutable);
    }
    // What may be run, but not read, is run unseen.
    let Ok(mut file) = File::open(program) else {
        return Ok(());
    };
    let mut head = Vec::new();
    file.by_ref()
        .take(HEAD_BYTES)
        .read_to_end(&mut head)
        .map_err(CannotRun::Unreadable)?;
    if head.is_empty() {
        return Err(CannotRun::Empty);
    }
    if let Some(line) = head.strip_prefix(b"#!") {
        return script::check(line, program, path, depth);
    }
    let checked = if head.starts_with(elf::MAGIC) {
        elf::check(&mut file, metadata.len())
    } else {
        foreign(&head)
    };
    match checked {
        // An emulator may run it all the same.
        Err(_) if binfmt::takes(program, &head) => Ok(()),
        checked => checked,
    }
}

/// What is known by its first bytes to be for another system.
fn foreign(head: &[u8]) -> Result<(), CannotRun> {
    // Mach-O, 32 and 64 bits, both byte orders, and universal (Apple, `mach-o/loader.h`, `mach-o/fat.h`).
    const MACH_O: [[u8; 4]; 5] = [
        [0xfe, 0xed, 0xfa, 0xce],
        [0xfe, 0xed, 0xfa, 0xcf],
        [0xce, 0xfa, 0xed, 0xfe],
        [0xcf, 0xfa, 0xed, 0xfe],
        [0xca, 0xfe, 0xba, 0xbe],
    ];
    if MACH_O.iter().any(|magic| head.starts_with(magic)) {
        // Which processors macOS runs besides its own is macOS's affair.
        return if cfg!(target_os = "macos") {
            Ok(())
        } else {
            Err(CannotRun::OtherSystem { built_for: "macOS" })
        };
    }
    if head.starts_with(b"MZ") {
        return Err(CannotRun::OtherSystem {
            built_for: "Windows",
        });
    }
    Err(CannotRun::NoProgram)
}

#[cfg(test)]
mod tests {
    use std::os::unix::fs::PermissionsExt;

    use super::*;

    const PATH: &str = "/usr/local/bin:/usr/bin/:/bin:/opt/bin";

    /// Why an executable file with this content cannot be run; `None` where it can.
    fn refused(content: &[u8]) -> Option<String> {
        let folder = tempfile::tempdir().unwrap();
        let file = folder.path().join("bootstrap");
        std::fs::write(&file, content).unwrap();
        std::fs::set_permissions(&file, std::fs::Permissions::from_mode(0o755)).unwrap();
        check(&file, PATH).err().map(|reason| reason.to_string())
    }

    #[track_caller]
    fn is_refused_for(content: &[u8], reason: &str) {
        let refused = refused(content).unwrap_or_default();
        assert!(refused.contains(reason), "{refused:?}");
    }

    #[test]
    fn this_very_program_can_be_run_and_what_is_cut_off_it_cannot() {
        let whole = std::fs::read(std::env::current_exe().unwrap()).unwrap();
        assert_eq!(refused(&whole), None);
        is_refused_for(&whole[..5_000], "broken: it is cut off");
        is_refused_for(&whole[..100], "broken");
        is_refused_for(&whole[..10], "broken");
    }

    #[cfg(all(target_os = "linux", target_arch = "x86_64"))]
    #[test]
    fn a_program_for_another_processor_is_named_by_it() {
        let mut program = std::fs::read(std::env::current_exe().unwrap()).unwrap();
        for (machine, name) in [(183_u16, "arm64"), (243, "RISC-V"), (4711, "number 4711")] {
            program[18..20].copy_from_slice(&machine.to_le_bytes());
            is_refused_for(&program, name);
        }
    }

    #[cfg(target_os = "linux")]
    #[test]
    fn a_library_is_no_program() {
        let mut program = std::fs::read(std::env::current_exe().unwrap()).unwrap();
        program[16..18].copy_from_slice(&1_u16.to_le_bytes());
        is_refused_for(&program, "an object file");
        let mut library = std::fs::read(std::env::current_exe().unwrap()).unwrap();
        library[24..32].fill(0);
        is_refused_for(&library, "a library");
    }

    #[cfg(all(target_os = "linux", target_pointer_width = "64"))]
    #[test]
    fn a_loader_that_is_not_here_is_named() {
        let mut program = std::fs::read(std::env::current_exe().unwrap()).unwrap();
        let loader = b"/lib64/ld-linux";
        let at = program
            .windows(loader.len())
            .position(|window| window == loader)
            .unwrap();
        program[at..at + 6].copy_from_slice(b"/nowhe");
        is_refused_for(&program, "it needs the loader /nowhe");
    }

    #[test]
    fn what_is_neither_a_program_nor_a_script_is_refused() {
        is_refused_for(b"", "it is empty");
        is_refused_for(b"echo hello\n", "neither a program");
        is_refused_for(b"PK\x03\x04", "neither a program");
        is_refused_for(b"\xcf\xfa\xed\xfe\x07\0\0\x01", "a program for macOS");
        is_refused_for(b"MZ\x90\0", "a program for Windows");
    }

    #[test]
    fn a_script_is_as_good_as_its_interpreter() {
        for good in [
            "#!/bin/sh\n",
            "#! /bin/sh -e\necho",
            "#!/bin/sh",
            "#!/usr/bin/env sh\n",
            "#!/usr/bin/env -S sh -e\n",
            "#!/usr/bin/env -S A=1 sh -e\n",
        ] {
            assert_eq!(refused(good.as_bytes()), None, "{good:?}");
        }
        is_refused_for(
            b"#!/nowhere/python\n",
            "its interpreter /nowhere/python cannot be run: No such file",
        );
        is_refused_for(
            b"#!/etc/passwd\n",
            "its interpreter /etc/passwd cannot be run: it is not executable",
        );
        is_refused_for(b"#!/bin/sh\r\necho", "carriage return");
        is_refused_for(
            b"#!/usr/bin/env no-such-program\n",
            "asks env for no-such-program",
        );
        is_refused_for(
            b"#!/usr/bin/env -S no-such-program --flag\n",
            "asks env for no-such-program",
        );
        is_refused_for(b"#!\n", "neither a program");
    }

    #[test]
    fn env_looks_from_the_folder_that_the_function_runs_in() {
        let folder = tempfile::tempdir().unwrap();
        let write = |name: &str, text: &str| {
            let file = folder.path().join(name);
            std::fs::write(&file, text).unwrap();
            std::fs::set_permissions(&file, std::fs::Permissions::from_mode(0o755)).unwrap();
            file
        };
        write("interpreter", "#!/bin/sh\n");
        let script = write("bootstrap", "#!/usr/bin/env ./interpreter\n");
        assert!(check(&script, PATH).is_ok());
        let script = write("bootstrap", "#!/usr/bin/env interpreter\n");
        assert!(check(&script, PATH).is_err());
        assert!(check(&script, ".").is_ok());
    }

    #[test]
    fn an_interpreter_may_be_a_script_but_not_without_end() {
        let folder = tempfile::tempdir().unwrap();
        let file = folder.path().join("itself");
        std::fs::write(&file, format!("#!{}\n", file.display())).unwrap();
        std::fs::set_permissions(&file, std::fs::Permissions::from_mode(0o755)).unwrap();
        let mut reason = check(&file, PATH).unwrap_err();
        while let CannotRun::Interpreter { reason: inner, .. } = reason {
            reason = *inner;
        }
        assert!(matches!(reason, CannotRun::NestedTooDeep), "{reason}");
    }

    #[test]
    fn a_folder_and_what_is_not_there_are_refused() {
        let of = |path: &str| check(Path::new(path), PATH).unwrap_err();
        assert!(matches!(of("/"), CannotRun::NotAFile));
        assert!(matches!(of("/nowhere"), CannotRun::Unreadable(_)));
    }
}
