//! Formats that the kernel was taught to run: emulators of other processors, and whatever else is in `binfmt_misc` (Linux kernel
//! documentation, "Kernel Support for miscellaneous Binary Formats").

use std::path::Path;

/// Where the formats are, one a file.
const FORMATS: &str = "/proc/sys/fs/binfmt_misc";

/// Whether the kernel has an interpreter for a file with this beginning.
pub(super) fn takes(program: &Path, head: &[u8]) -> bool {
    let Ok(formats) = std::fs::read_dir(FORMATS) else {
        return false;
    };
    let extension = program.extension().and_then(|extension| extension.to_str());
    formats
        .flatten()
        .filter_map(|format| std::fs::read_to_string(format.path()).ok())
        .any(|format| matches(&format, head, extension))
}

/// Whether a format is enabled and is this file's: by its extension, or by bytes at an offset, as far as a mask looks at them.
fn matches(format: &str, head: &[u8], extension: Option<&str>) -> bool {
    let mut lines = format.lines();
    if lines.next() != Some("enabled") {
        return false;
    }
    let field = |name: &str| {
        format
            .lines()
            .find_map(|line| line.strip_prefix(name)?.strip_prefix(' '))
    };
    if let Some(known) = field("extension") {
        return known.strip_prefix('.') == extension && extension.is_some();
    }
    let offset = field("offset")
        .and_then(|offset| offset.parse().ok())
        .unwrap_or(0);
    let (Some(magic), Some(found)) = (field("magic").and_then(bytes), head.get(offset..)) else {
        return false;
    };
    let mask = field("mask").and_then(bytes);
    let looked_at = |at: usize| {
        mask.as_ref()
            .and_then(|mask| mask.get(at))
            .copied()
            .unwrap_or(0xff)
    };
    found.len() >= magic.len()
        && magic
            .iter()
            .zip(found)
            .enumerate()
            .all(|(at, (magic, found))| (magic ^ found) & looked_at(at) == 0)
}

/// Bytes from hexadecimal digits.
fn bytes(digits: &str) -> Option<Vec<u8>> {
    let digits = digits.trim().as_bytes();
    let pairs = digits.chunks(2).map(|pair| {
        let pair = std::str::from_utf8(pair).ok()?;
        u8::from_str_radix(pair, 16).ok()
    });
    pairs.collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    const ARM64: &str = "enabled\ninterpreter /usr/bin/qemu-aarch64\nflags: OCF\noffset 0\n\
                         magic 7f454c460201010000000000000000000200b700\n\
                         mask ffffffffffffff00fffffffffffffffffeffffff\n";

    fn program(machine: u8) -> Vec<u8> {
        let mut head = b"\x7fELF\x02\x01\x01\x00".to_vec();
        head.extend([0; 8]);
        head.extend([3, 0, machine, 0]);
        head
    }

    #[test]
    fn an_emulator_takes_the_programs_of_its_processor_alone() {
        assert!(matches(ARM64, &program(0xb7), None));
        assert!(!matches(ARM64, &program(0x3e), None));
        assert!(!matches(ARM64, b"\x7fELF", None));
        let disabled = ARM64.replace("enabled", "disabled");
        assert!(!matches(&disabled, &program(0xb7), None));
    }

    #[test]
    fn a_format_may_be_known_by_its_extension() {
        let jar = "enabled\ninterpreter /usr/bin/jexec\nflags: \nextension .jar\n";
        assert!(matches(jar, b"PK", Some("jar")));
        assert!(!matches(jar, b"PK", Some("zip")));
        assert!(!matches(jar, b"PK", None));
    }
}
