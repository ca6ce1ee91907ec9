//! How cargo-lambda links what names `functions/build.rs`: the smallest program, built by itself, tells of its own memory.
#![cfg(target_os = "linux")]

use std::path::{Path, PathBuf};
use std::process::Command;

use tempfile::TempDir;
use workspace_tests::{places, process};

const MANIFEST: &str = r#"
[workspace]
[package]
name = "tiny"
version = "0.0.0"
edition = "2024"
build = "../build.rs"
"#;

/// It prints a power, where a table of functions lies, and its memory. The table is relocated at the start, and not written later.
const PROGRAM: &str = r#"
static TABLE: [fn() -> f64; 2] = [power, two_and_a_half];

fn two_and_a_half() -> f64 {
    std::hint::black_box(2.5)
}

fn power() -> f64 {
    two_and_a_half().powf(two_and_a_half())
}

fn main() {
    let table = std::hint::black_box(&TABLE);
    let thread = std::thread::spawn(|| table[0]()).join().unwrap();
    println!("{thread} {:x}", table.as_ptr().addr());
    print!("{}", std::fs::read_to_string("/proc/self/maps").unwrap());
}
"#;

/// Builds it as `sam build` builds a function; in a folder that lies beside `build.rs` as those do.
fn built(static_program: bool) -> (TempDir, PathBuf) {
    let folder = tempfile::tempdir().expect("a temporary folder can be made");
    let package = folder.path().join("tiny");
    std::fs::create_dir_all(package.join("src")).expect("a folder can be made");
    let functions = places::root().join("functions");
    for file in ["build.rs", "relro.c"] {
        std::fs::copy(functions.join(file), folder.path().join(file)).expect("it can be copied");
    }
    std::fs::write(package.join("Cargo.toml"), MANIFEST).expect("a file can be written");
    std::fs::write(package.join("src/main.rs"), PROGRAM).expect("a file can be written");
    let tools = places::root().join(".venv/bin");
    let path = std::env::var("PATH").unwrap_or_default();
    let mut command = Command::new(tools.join("cargo-lambda"));
    command
        .args(["lambda", "build", "--release"])
        .args(if cfg!(target_arch = "aarch64") {
            &["--arm64"][..]
        } else {
            &[]
        })
        .current_dir(&package)
        .env("PATH", format!("{}:{path}", tools.display()))
        .env_remove("CARGO_TARGET_DIR");
    if static_program {
        command.env("CARGO_LAMBDA_GLOBAL", functions.join("static.toml"));
    }
    process::of_no_package(&mut command);
    let output = command
        .output()
        .expect("make tools-watch tools-build has put cargo-lambda and zig into .venv");
    assert!(
        output.status.success(),
        "{}",
        String::from_utf8_lossy(&output.stderr)
    );
    let program = package.join("target/lambda/tiny/bootstrap");
    (folder, program)
}

/// What a run of the program has said.
struct Run {
    power: String,
    table: u64,
    /// Its memory, a mapping a line.
    maps: String,
}

impl Run {
    fn of(program: &Path) -> Self {
        let output = Command::new(program).output().expect("it starts");
        let text = String::from_utf8(output.stdout).expect("it prints text");
        let (first, maps) = text.split_once('\n').expect("it prints lines");
        let (power, table) = first.split_once(' ').expect("its first line has two words");
        Self {
            power: power.to_owned(),
            table: u64::from_str_radix(table, 16).expect("an address"),
            maps: maps.to_owned(),
        }
    }

    /// What may be done where the table lies, such as `r--p`.
    fn rights(&self) -> &str {
        let rights = self.maps.lines().find_map(|line| {
            let (range, rest) = line.split_once(' ')?;
            let (start, end) = range.split_once('-')?;
            let start = u64::from_str_radix(start, 16).ok()?;
            let end = u64::from_str_radix(end, 16).ok()?;
            (start..end)
                .contains(&self.table)
                .then(|| rest.split(' ').next())?
        });
        rights.expect("the table lies in a mapping")
    }

    /// The libraries that were loaded, by their files' names.
    fn libraries(&self) -> Vec<&str> {
        let files = self
            .maps
            .lines()
            .filter_map(|line| line.rsplit_once('/').map(|(_, file)| file));
        let mut names: Vec<&str> = files.filter(|file| file.contains(".so")).collect();
        names.dedup();
        names
    }
}

/// It stands at another address each time, and its tables cannot be written.
fn assert_hardened(program: &Path, run: &Run) {
    assert_eq!(run.rights(), "r--p", "{}", run.maps);
    let others = (0..4).map(|_| Run::of(program).table);
    assert!(
        others.into_iter().any(|table| table != run.table),
        "{}",
        run.maps
    );
    assert_eq!(run.power, "9.882117688026186");
}

#[test]
fn what_sam_build_builds_loads_libc_alone_and_is_position_independent_with_relro() {
    let (_folder, program) = built(false);
    let run = Run::of(&program);
    let libraries = run.libraries();
    assert!(
        libraries.iter().all(|name| name.starts_with("libc.so")
            || name.starts_with("libc-2")
            || name.starts_with("ld-")),
        "{libraries:?}"
    );
    assert_hardened(&program, &run);
}

/// Whether Rust's own libraries for static programs are here: what the static build needs, and Debian's Rust, say, has not.
#[cfg(target_arch = "x86_64")]
fn has_rust_for_musl() -> bool {
    let sysroot = Command::new("rustc").args(["--print", "sysroot"]).output();
    let sysroot = sysroot
        .expect("rustc is here, for it has built this")
        .stdout;
    let sysroot = String::from_utf8(sysroot).expect("a path of text");
    let libraries = Path::new(sysroot.trim()).join("lib/rustlib/x86_64-unknown-linux-musl");
    libraries.is_dir()
}

/// `functions/static.toml` is for this processor alone.
#[cfg(target_arch = "x86_64")]
#[test]
fn a_static_program_loads_nothing_and_is_position_independent_with_relro() {
    if !has_rust_for_musl() {
        // `make test` counts it as left out.
        return;
    }
    let (_folder, program) = built(true);
    let run = Run::of(&program);
    assert_eq!(run.libraries(), [""; 0]);
    assert_hardened(&program, &run);
}
