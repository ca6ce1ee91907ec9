//! The runtime clients: files of ours inside this program, which interpreters are given by their paths.

use std::io;
use std::path::{Path, PathBuf};

use crate::temporary::TemporaryFolder;

/// The files, below the folder of the clients.
#[rustfmt::skip] // A table.
const FILES: [(&str, &str); 22] = [
    ("nodejs/api.mjs", include_str!("nodejs/api.mjs")),
    ("nodejs/console.mjs", include_str!("nodejs/console.mjs")),
    ("nodejs/context.mjs", include_str!("nodejs/context.mjs")),
    ("nodejs/errors.mjs", include_str!("nodejs/errors.mjs")),
    ("nodejs/imports.mjs", include_str!("nodejs/imports.mjs")),
    ("nodejs/index.mjs", include_str!("nodejs/index.mjs")),
    ("nodejs/load.mjs", include_str!("nodejs/load.mjs")),
    ("nodejs/redirect.mjs", include_str!("nodejs/redirect.mjs")),
    ("nodejs/resolve.mjs", include_str!("nodejs/resolve.mjs")),
    ("nodejs/sdk.mjs", include_str!("nodejs/sdk.mjs")),
    ("nodejs/stream.mjs", include_str!("nodejs/stream.mjs")),
    ("python/imports.py", include_str!("python/imports.py")),
    ("python/main.py", include_str!("python/main.py")),
    ("python/rehearse_runtime/__init__.py", include_str!("python/rehearse_runtime/__init__.py")),
    ("python/rehearse_runtime/answers.py", include_str!("python/rehearse_runtime/answers.py")),
    ("python/rehearse_runtime/api.py", include_str!("python/rehearse_runtime/api.py")),
    ("python/rehearse_runtime/context.py", include_str!("python/rehearse_runtime/context.py")),
    ("python/rehearse_runtime/errors.py", include_str!("python/rehearse_runtime/errors.py")),
    ("python/rehearse_runtime/handler.py", include_str!("python/rehearse_runtime/handler.py")),
    ("python/rehearse_runtime/invocations.py", include_str!("python/rehearse_runtime/invocations.py")),
    ("python/rehearse_runtime/logs.py", include_str!("python/rehearse_runtime/logs.py")),
    ("python/rehearse_runtime/modules.py", include_str!("python/rehearse_runtime/modules.py")),
];

/// A folder of this process, with the clients and what else its functions need that has no place of its own: inline code. It goes
/// with this value.
#[derive(Debug)]
pub struct Clients {
    folder: TemporaryFolder,
}

impl Clients {
    /// Writes the files.
    ///
    /// # Errors
    /// The operating system's, where there is no room for them.
    pub fn write() -> io::Result<Self> {
        let folder = TemporaryFolder::new()?;
        for (name, text) in FILES {
            write(&folder.path().join(name), text)?;
        }
        Ok(Self { folder })
    }

    /// The folder itself.
    pub fn folder(&self) -> &Path {
        self.folder.path()
    }

    /// The file that Node.js is given.
    pub fn nodejs(&self) -> PathBuf {
        self.folder().join("nodejs/index.mjs")
    }

    /// The file that Python is given.
    pub fn python(&self) -> PathBuf {
        self.folder().join("python/main.py")
    }

    /// Gives inline code a file, and says in which folder: `code/<function>/<file>`.
    ///
    /// # Errors
    /// The operating system's.
    pub fn inline(&self, function: &str, file: &str, code: &str) -> io::Result<PathBuf> {
        let folder = self.folder().join("code").join(function);
        write(&folder.join(file), code)?;
        Ok(folder)
    }
}

fn write(path: &Path, text: &str) -> io::Result<()> {
    if let Some(folder) = path.parent() {
        std::fs::create_dir_all(folder)?;
    }
    std::fs::write(path, text)
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The names of all files of a folder, from there.
    fn files(folder: &Path, from: &Path, found: &mut Vec<String>) {
        for entry in std::fs::read_dir(folder).unwrap() {
            let path = entry.unwrap().path();
            if path.is_dir() {
                files(&path, from, found);
            } else if path
                .extension()
                .is_some_and(|kind| kind == "mjs" || kind == "py")
            {
                found.push(path.strip_prefix(from).unwrap().display().to_string());
            }
        }
    }

    #[test]
    fn every_file_of_the_clients_is_written() {
        let sources = Path::new(env!("CARGO_MANIFEST_DIR")).join("src/runtimes");
        let (mut there, mut written) = (Vec::new(), Vec::new());
        files(&sources, &sources, &mut there);
        let clients = Clients::write().unwrap();
        files(clients.folder(), clients.folder(), &mut written);
        there.sort();
        written.sort();
        assert_eq!(there, written);
    }

    #[test]
    fn the_folder_goes_with_its_value() {
        let clients = Clients::write().unwrap();
        let folder = clients.folder().to_owned();
        assert!(
            clients
                .inline("Hello", "index.js", "1")
                .unwrap()
                .join("index.js")
                .is_file()
        );
        drop(clients);
        assert!(!folder.exists());
    }
}
