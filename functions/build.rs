//! How cargo-lambda links the functions, for it does so by Zig: docs/performance.md says what each part gives. Each function names this in its
//! Cargo.toml. Every other build is left as it is.

use std::env;
use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

/// The C library that Lambda has (`provided.al2023`). In it are the threads and the loader's functions, which are libraries of their own in the
/// one that Zig links for where no version is asked for.
const GLIBC: &str = "2.34";

/// What musl's `pow` is made of.
const POW: [&str; 8] = [
    "pow",
    "pow_data",
    "exp_data",
    "__math_oflow",
    "__math_uflow",
    "__math_xflow",
    "__math_invalid",
    "__math_divzero",
];

fn main() {
    for input in ["../build.rs", "../relro.c"] {
        println!("cargo::rerun-if-changed={input}");
    }
    let linker = of_cargo("RUSTC_LINKER");
    if !linker.contains("zig") {
        return;
    }
    match of_cargo("CARGO_CFG_TARGET_ENV").as_str() {
        "musl" => link_statically(&linker),
        // One that is asked for is in the linker's name.
        "gnu" if !linker.contains("gnu.") => link_for_lambda(&linker),
        _ => {}
    }
}

/// A program that brings its C library (`static.toml`).
fn link_statically(linker: &str) {
    // Zig passes over Rust's own -static-pie, and would put the program at a fixed address.
    link("-pie");
    let object = out("relro.o");
    let compiled = Command::new(linker)
        .args(["-c", "-O2", "-fPIE", "../relro.c", "-o"])
        .arg(&object)
        .status();
    assert!(
        compiled.is_ok_and(|status| status.success()),
        "{linker} does not compile functions/relro.c"
    );
    link(&object.display().to_string());
}

/// A program with one library, libc, instead of four.
fn link_for_lambda(linker: &str) {
    let architecture = of_cargo("CARGO_CFG_TARGET_ARCH");
    // cargo-lambda lets no second -target pass, but the file of one.
    let target = out("glibc");
    let text = format!("-target {architecture}-linux-gnu.{GLIBC}\n");
    fs::write(&target, text).expect("OUT_DIR is there to be written to");
    link(&format!("@{}", target.display()));
    // Of libm nothing but `pow` is called: musl's, which Zig brings as source, is linked for it. Without it libm is.
    for object in pow(linker, &architecture).unwrap_or_default() {
        link(&object.display().to_string());
    }
}

/// musl's `pow`, compiled; `None` where this Zig has it otherwise.
fn pow(linker: &str, architecture: &str) -> Option<Vec<PathBuf>> {
    let listed = Command::new(linker)
        .args(["-E", "-v", "-x", "c", "/dev/null"])
        .output()
        .ok()?;
    let text = String::from_utf8_lossy(&listed.stderr);
    let include = text.lines().find(|line| line.ends_with("/lib/include"))?;
    let musl = Path::new(include.trim())
        .with_file_name("libc")
        .join("musl");
    let target = out("musl");
    fs::write(&target, format!("-target {architecture}-linux-musl\n")).ok()?;
    let mut objects = Vec::new();
    for name in POW {
        let object = out(&format!("{name}.o"));
        let compiled = Command::new(linker)
            .arg(format!("@{}", target.display()))
            .args(["-c", "-O2", "-fPIE", "-g0"])
            .arg("-Dhidden=__attribute__((visibility(\"hidden\")))")
            .arg(format!("-I{}", musl.join("src/internal").display()))
            .arg(format!(
                "-I{}",
                musl.join("arch").join(architecture).display()
            ))
            .arg(format!("-I{}", musl.join("arch/generic").display()))
            .arg(musl.join("src/math").join(name).with_extension("c"))
            .arg("-o")
            .arg(&object)
            .output()
            .ok()?;
        if !compiled.status.success() {
            return None;
        }
        objects.push(object);
    }
    Some(objects)
}

fn of_cargo(name: &str) -> String {
    env::var(name).unwrap_or_default()
}

fn out(name: &str) -> PathBuf {
    Path::new(&of_cargo("OUT_DIR")).join(name)
}

fn link(argument: &str) {
    println!("cargo::rustc-link-arg-bins={argument}");
}
