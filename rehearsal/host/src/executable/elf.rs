//! Programs in ELF, as Linux has them (elf(5); System V ABI, "Object Files").

use std::fs::File;
use std::io::{Read, Seek, SeekFrom};
use std::path::PathBuf;

use super::CannotRun;

pub(super) const MAGIC: &[u8] = b"\x7fELF";

/// Lengths of the header for 32 and 64 bits.
const HEADER_BYTES: [usize; 2] = [52, 64];

/// No program has nearly as many segments, nor so long a path to its loader.
const MOST_SEGMENTS: u16 = 4_096;
const LONGEST_PATH: u64 = 4_096;

/// Types of segments: loaded into memory; the path of the dynamic loader.
const PT_LOAD: u64 = 1;
const PT_INTERP: u64 = 3;

/// Numbers of a file, by their places and lengths in bytes.
struct Fields<'a> {
    bytes: &'a [u8],
    big_endian: bool,
}

impl Fields<'_> {
    /// A number of up to eight bytes; `None` beyond the end.
    fn number(&self, at: usize, bytes: usize) -> Option<u64> {
        let field = self.bytes.get(at..at.checked_add(bytes)?)?;
        let add = |number: u64, byte: &u8| number << 8 | u64::from(*byte);
        Some(if self.big_endian {
            field.iter().fold(0, add)
        } else {
            field.iter().rev().fold(0, add)
        })
    }
}

/// Whether a program is for this processor and whole, with its loader there.
pub(super) fn check(file: &mut File, length: u64) -> Result<(), CannotRun> {
    if !cfg!(target_os = "linux") {
        return Err(CannotRun::OtherSystem { built_for: "Linux" });
    }
    let cut_off = || CannotRun::Broken("it is cut off");
    let header = read(file, 0, HEADER_BYTES[1] as u64)?;
    let wide = match header.get(4) {
        Some(1) => false,
        Some(2) => true,
        _ => return Err(CannotRun::Broken("its ELF header is not valid")),
    };
    let fields = Fields {
        big_endian: header.get(5) == Some(&2),
        bytes: &header,
    };
    let machine = fields.number(18, 2).ok_or_else(cut_off)?;
    if !runs_here(machine, wide) {
        return Err(CannotRun::OtherProcessor {
            program: processor(machine, wide),
        });
    }
    match fields.number(16, 2).ok_or_else(cut_off)? {
        // An executable, and one that may stand anywhere in memory.
        2 | 3 => {}
        1 => {
            return Err(CannotRun::NoMain(
                "an object file, which is yet to be linked",
            ));
        }
        4 => return Err(CannotRun::NoMain("a core dump")),
        _ => return Err(CannotRun::Broken("its ELF header is not valid")),
    }
    // A program that may stand anywhere is of the same type as a library, but begins somewhere.
    let entry_point = fields.number(24, if wide { 8 } else { 4 });
    if entry_point.ok_or_else(cut_off)? == 0 {
        return Err(CannotRun::NoMain("a library"));
    }
    // Where the table of segments is, the length of an entry, and how many it has.
    let (table, entry, segments) = if wide {
        (
            fields.number(32, 8),
            fields.number(54, 2),
            fields.number(56, 2),
        )
    } else {
        (
            fields.number(28, 4),
            fields.number(42, 2),
            fields.number(44, 2),
        )
    };
    let whole = table.zip(entry).zip(segments);
    let ((table, entry), segments) = whole.ok_or_else(cut_off)?;
    if segments == 0 || segments > MOST_SEGMENTS.into() || entry < if wide { 56 } else { 32 } {
        return Err(CannotRun::Broken("its table of segments is not valid"));
    }
    let bytes = read(file, table, entry * segments)?;
    let fields = Fields {
        bytes: &bytes,
        ..fields
    };
    for number in 0..segments {
        let at = usize::try_from(number * entry).map_err(|_| cut_off())?;
        let (offset, size) = if wide {
            (at + 8, at + 32)
        } else {
            (at + 4, at + 16)
        };
        let word = if wide { 8 } else { 4 };
        let segment = (
            fields.number(at, 4),
            fields.number(offset, word),
            fields.number(size, word),
        );
        let (Some(kind), Some(offset), Some(size)) = segment else {
            return Err(cut_off());
        };
        if matches!(kind, PT_LOAD | PT_INTERP)
            && offset.checked_add(size).is_none_or(|end| end > length)
        {
            return Err(cut_off());
        }
        if kind == PT_INTERP {
            check_loader(file, offset, size)?;
        }
    }
    Ok(())
}

fn check_loader(file: &mut File, offset: u64, size: u64) -> Result<(), CannotRun> {
    if size > LONGEST_PATH {
        return Err(CannotRun::Broken("its loader's name is too long"));
    }
    let path = read(file, offset, size)?;
    let path = path.split(|byte| *byte == 0).next().unwrap_or_default();
    let path = PathBuf::from(String::from_utf8_lossy(path).into_owned());
    if path.is_file() {
        Ok(())
    } else {
        Err(CannotRun::NoLoader(path))
    }
}

/// A part of a file, as much of it as there is.
fn read(file: &mut File, from: u64, bytes: u64) -> Result<Vec<u8>, CannotRun> {
    let mut part = Vec::new();
    file.seek(SeekFrom::Start(from))
        .and_then(|_| file.take(bytes).read_to_end(&mut part))
        .map_err(CannotRun::Unreadable)?;
    Ok(part)
}

/// Whether this machine's processor runs programs for another one's number. A 64-bit x86 and arm64 run their 32-bit programs too,
/// where the kernel lets them.
fn runs_here(machine: u64, wide: bool) -> bool {
    match std::env::consts::ARCH {
        // x32 is the 64-bit machine with 32-bit addresses.
        "x86_64" => matches!((machine, wide), (62, _) | (3, false)),
        "aarch64" => matches!((machine, wide), (183, true) | (40, false)),
        "x86" => (machine, wide) == (3, false),
        "arm" => (machine, wide) == (40, false),
        "riscv64" => (machine, wide) == (243, true),
        "powerpc64" => (machine, wide) == (21, true),
        "s390x" => (machine, wide) == (22, true),
        "loongarch64" => (machine, wide) == (258, true),
        // Not known here: its own programs least of all may be refused.
        _ => true,
    }
}

/// A processor by its number in the header (`EM_…` in Linux's `elf-em.h`), as builds call it.
fn processor(machine: u64, wide: bool) -> String {
    match (machine, wide) {
        (3, _) => "32-bit x86".to_owned(),
        (21, _) => "64-bit PowerPC".to_owned(),
        (22, _) => "s390x".to_owned(),
        (40, _) => "32-bit Arm".to_owned(),
        (62, _) => "x86_64".to_owned(),
        (183, _) => "arm64 (aarch64)".to_owned(),
        (243, true) => "64-bit RISC-V".to_owned(),
        (243, false) => "32-bit RISC-V".to_owned(),
        (258, _) => "LoongArch".to_owned(),
        _ => format!("number {machine}"),
    }
}
