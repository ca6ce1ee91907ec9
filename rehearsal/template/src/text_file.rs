//! Text files that people name, read no further than a bound.

use std::fs::File;
use std::io::{self, Read};
use std::path::Path;

/// Why a file gives no text. It does not name the file: whoever asked for it does.
#[derive(Debug, thiserror::Error)]
pub enum TextFileError {
    /// It is not there, or may not be read.
    #[error(transparent)]
    Unreadable(#[from] io::Error),
    /// It has more bytes than are read.
    #[error("it has more than {at_most} bytes, and no more are read")]
    TooLarge {
        /// How many are read.
        at_most: usize,
    },
    /// It is something else than text.
    #[error("it is not UTF-8 text")]
    NotUtf8,
}

/// The text of a file that has at most `at_most` bytes.
///
/// No more than that and one byte is read, so that a device or a pipe that never ends fills no memory.
///
/// # Errors
/// The file cannot be read, is longer, or is not UTF-8.
///
/// ```
/// use rehearsal_template::text_file::{TextFileError, read};
///
/// assert!(matches!(read("/dev/zero".as_ref(), 100), Err(TextFileError::TooLarge { at_most: 100 })));
/// ```
pub fn read(path: &Path, at_most: usize) -> Result<String, TextFileError> {
    let limit = u64::try_from(at_most).unwrap_or(u64::MAX).saturating_add(1);
    let file = File::open(path)?;
    let size = file.metadata().map_or(0, |metadata| metadata.len());
    let room = usize::try_from(size.saturating_add(1).min(limit)).unwrap_or_default();
    let mut bytes = Vec::with_capacity(room);
    file.take(limit).read_to_end(&mut bytes)?;
    if bytes.len() > at_most {
        return Err(TextFileError::TooLarge { at_most });
    }
    String::from_utf8(bytes).map_err(|_| TextFileError::NotUtf8)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_file_of_just_the_bound_is_read_and_one_byte_more_is_refused() {
        let folder = std::env::temp_dir().join(format!("text-file-{}", std::process::id()));
        std::fs::create_dir_all(&folder).unwrap();
        let path = folder.join("file");
        std::fs::write(&path, "12345").unwrap();
        assert_eq!(read(&path, 5).unwrap(), "12345");
        assert!(matches!(
            read(&path, 4),
            Err(TextFileError::TooLarge { at_most: 4 })
        ));
        std::fs::write(&path, [0xff]).unwrap();
        assert!(matches!(read(&path, 5), Err(TextFileError::NotUtf8)));
        std::fs::remove_dir_all(&folder).unwrap();
        assert!(matches!(read(&path, 5), Err(TextFileError::Unreadable(_))));
    }
}
