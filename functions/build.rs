//! How cargo-lambda links a static program (`static.toml`): docs/performance.md says what that gives. Each function names this in its Cargo.toml.
//! Every other build is left as it is.

use std::env;
use std::path::Path;
use std::process::Command;

fn main() {
    for input in ["../build.rs", "../relro.c"] {
        println!("cargo::rerun-if-changed={input}");
    }
    let of_cargo = |name| env::var(name).unwrap_or_default();
    let linker = of_cargo("RUSTC_LINKER");
    if !linker.contains("zig") || of_cargo("CARGO_CFG_TARGET_ENV") != "musl" {
        return;
    }
    // Zig passes over Rust's own -static-pie, and would put the program at a fixed address.
    link("-pie");
    let object = Path::new(&of_cargo("OUT_DIR")).join("relro.o");
    let compiled = Command::new(&linker)
        .args(["-c", "-O2", "-fPIE", "../relro.c", "-o"])
        .arg(&object)
        .status();
    assert!(
        compiled.is_ok_and(|status| status.success()),
        "{linker} does not compile functions/relro.c"
    );
    link(&object.display().to_string());
}

fn link(argument: &str) {
    println!("cargo::rustc-link-arg-bins={argument}");
}
