//! A template as it was in a git revision. `tree`: the source of its functions; `installed`: the packages that it finds here; `changed`:
//! what differs from what is here; `elsewhere`: what of that stands elsewhere; `checkout`: a revision that is built.

mod changed;
mod checkout;
mod elsewhere;
mod installed;
mod tree;

use rehearsal_host::temporary::TemporaryFolder;
use std::io::{self, ErrorKind, Read};
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};

use rehearsal_template::bounds::MAX_BYTES;

/// How much of what git says is wrong is read, in bytes.
const MOST_WORDS: u64 = 4 * 1024;

/// Why a template's earlier text cannot be had.
#[derive(Debug, thiserror::Error, miette::Diagnostic)]
pub enum GitError {
    /// There is no git.
    #[error("git is not installed here, and a revision is read by it")]
    #[diagnostic(help("give the live template as a file: --live FILE"))]
    NoGit,
    /// Git cannot be run.
    #[error("git cannot be run")]
    Run(#[source] io::Error),
    /// What a revision has cannot be written.
    #[error("what the revision has cannot be written to a temporary folder")]
    #[diagnostic(help(
        "TMPDIR names the folder of temporary files; without it, that is /var/tmp, or else /tmp"
    ))]
    Write(#[source] io::Error),
    /// The template itself is not where it was said to be.
    #[error("{} cannot be found", path.display())]
    NoFile {
        /// The template.
        path: PathBuf,
        /// Why.
        #[source]
        error: io::Error,
    },
    /// It is in no repository, or in one that git does not read.
    #[error("{} is in no git repository that can be read: {words}", folder.display())]
    #[diagnostic(help("give the live template as a file: --live FILE"))]
    NoRepository {
        /// Its folder.
        folder: PathBuf,
        /// Git's words, their first line.
        words: String,
    },
    /// There is no such revision.
    #[error("the repository of {} has no revision {revision}", folder.display())]
    #[diagnostic(help(
        "a branch, a tag or a commit; a shallow clone lacks those before its depth: git fetch --unshallow, or `fetch-depth: 0` of actions/checkout"
    ))]
    NoRevision {
        /// Its folder.
        folder: PathBuf,
        /// The revision that was asked for.
        revision: String,
    },
    /// The revision has no such file.
    #[error("revision {revision} has no file {path}")]
    #[diagnostic(help(
        "where it stood elsewhere then, write it to a file and give that: git show {revision}:PATH > FILE. What a tool writes (cdk.out, .aws-sam, .serverless) is in no \
         revision: --live-build COMMAND builds it in a checkout of {revision}"
    ))]
    NotInRevision {
        /// The revision.
        revision: String,
        /// The file's path in the repository.
        path: String,
    },
    /// There is no place for a checkout.
    #[error(
        "there is no folder for a checkout that is built: neither XDG_CACHE_HOME nor HOME names one"
    )]
    NoCache,
    /// A revision cannot be checked out.
    #[error("revision {revision} cannot be checked out: {words}")]
    NotCheckedOut {
        /// The revision.
        revision: String,
        /// Git's words.
        words: String,
    },
    /// The command that builds a checkout fails.
    #[error("`{command}` fails in a checkout of {revision}: {status}")]
    #[diagnostic(help(
        "what it says is above; it ran in {}, where nothing is installed that is in no revision (npm ci, git submodule update --init)",
        folder.display()
    ))]
    BuildFailed {
        /// The revision.
        revision: String,
        /// The command.
        command: String,
        /// Where it ran.
        folder: PathBuf,
        /// How it ended.
        status: String,
    },
    /// The template is not in the checkout that was built.
    #[error("revision {revision} has no file {path}, nor has `{command}` written one")]
    #[diagnostic(help(
        "the command ran in {}; if the template had another path in that revision, name the one that runs by --live FILE",
        folder.display()
    ))]
    NotBuilt {
        /// The revision.
        revision: String,
        /// The command.
        command: String,
        /// The file's path in the repository.
        path: String,
        /// Where it ran.
        folder: PathBuf,
    },
    /// The file is too large to be a template.
    #[error("{path} in revision {revision} has more than {MAX_BYTES} bytes, and no template has")]
    TooLarge {
        /// The revision.
        revision: String,
        /// The file's path in the repository.
        path: String,
    },
    /// The source is too large.
    #[error("the source of functions in revision {revision} is too large: {what}")]
    #[diagnostic(help(
        "say where the code that runs is: `builds` beside `git`, a folder that was kept"
    ))]
    TooMuchSource {
        /// The revision.
        revision: String,
        /// What there is too much of.
        what: String,
    },
    /// The file is no text.
    #[error("{path} in revision {revision} is not UTF-8 text")]
    NotText {
        /// The revision.
        revision: String,
        /// The file's path in the repository.
        path: String,
    },
}

pub use changed::{Below, Differences};
pub use checkout::{Checkout, built, cargo_target};
pub use tree::{RevisionSource, source};

/// How many files of a revision are written beside its template.
const MOST_FILES: usize = 200;

/// What files end in that a template may name: definitions of APIs and what it includes.
const NAMED: [&str; 3] = ["json", "yaml", "yml"];

/// How a template names files: only then is any written beside it.
const NAMES_FILES: [&str; 3] = ["AWS::Include", "DefinitionUri", "Location"];

/// A template in a revision.
#[derive(Debug)]
pub struct InRevision {
    /// The revision and the path, as git writes it: `v1.4.0:infrastructure/template.yaml`.
    pub name: String,
    /// The text.
    pub text: String,
    /// The folder with what stands beside it in the revision, of what it may name, where it names files; gone when dropped.
    pub folder: Option<TemporaryFolder>,
}

/// The text that the file at `template` had in `revision`.
///
/// # Errors
/// There is no git, no repository, no such revision, or no such file in it.
pub fn read(template: &Path, revision: &str) -> Result<InRevision, GitError> {
    let At {
        folder,
        file,
        prefix,
        commit,
    } = At::of(template, revision)?;
    let path = format!("{prefix}{file}");
    let name = format!("{revision}:{path}");
    let revision = revision.to_owned();
    let object = format!("{commit}:{path}");
    let Ok(bytes) = git(&folder, &["cat-file", "blob", &object])? else {
        return Err(GitError::NotInRevision { revision, path });
    };
    if bytes.len() > MAX_BYTES {
        return Err(GitError::TooLarge { revision, path });
    }
    let text = String::from_utf8(bytes).map_err(|_| GitError::NotText { revision, path })?;
    let names_files = NAMES_FILES.iter().any(|word| text.contains(word));
    let beside = names_files.then(|| beside(&folder, &commit, &prefix));
    Ok(InRevision {
        name,
        text,
        folder: beside.transpose()?,
    })
}

/// Where a template stands in a repository, and the commit that a revision means.
#[derive(Debug)]
struct At {
    /// The folder of the template.
    folder: PathBuf,
    /// The template's name.
    file: String,
    /// The folder's path in the repository: empty, or it ends in a slash.
    prefix: String,
    commit: String,
}

impl At {
    fn of(template: &Path, revision: &str) -> Result<Self, GitError> {
        // Git knows a link by its own content.
        let template = template.canonicalize().map_err(|error| GitError::NoFile {
            path: template.to_owned(),
            error,
        })?;
        let folder = template.parent().unwrap_or(Path::new("/")).to_owned();
        let file = template.file_name().unwrap_or_default().to_string_lossy();
        let prefix = git(&folder, &["rev-parse", "--show-prefix"])?.map_err(|words| {
            GitError::NoRepository {
                folder: folder.clone(),
                words: words.lines().next().unwrap_or_default().to_owned(),
            }
        })?;
        let commit = format!("{revision}^{{commit}}");
        let asked = [
            "rev-parse",
            "--verify",
            "--quiet",
            "--end-of-options",
            &commit,
        ];
        let Ok(commit) = git(&folder, &asked)? else {
            return Err(GitError::NoRevision {
                folder,
                revision: revision.to_owned(),
            });
        };
        let line = |bytes: &[u8]| {
            let text = String::from_utf8_lossy(bytes);
            text.trim_end_matches('\n').to_owned()
        };
        Ok(Self {
            file: file.into_owned(),
            prefix: line(&prefix),
            commit: line(&commit),
            folder,
        })
    }
}

/// A folder with the files of a revision below a path that a template there may name. Links are left out, and what is larger than a
/// template: where such a file is named, it is not read, and that is reported at that place.
fn beside(folder: &Path, commit: &str, prefix: &str) -> Result<TemporaryFolder, GitError> {
    let written = TemporaryFolder::new().map_err(GitError::Write)?;
    let tree = match prefix {
        "" => format!("{commit}^{{tree}}"),
        prefix => format!("{commit}:{}", prefix.trim_end_matches('/')),
    };
    let listed = git(folder, &["ls-tree", "-r", "-z", "--full-tree", &tree])?;
    let listed = listed.unwrap_or_default();
    let listed = String::from_utf8_lossy(&listed);
    // `<mode> blob <object>\t<path>`
    let files = listed.split('\0').filter_map(|line| {
        let (head, path) = line.split_once('\t')?;
        let mut head = head.split(' ');
        let is_file = head.next()?.starts_with("100");
        let object = head.nth(1)?;
        let extension = Path::new(path).extension()?.to_str()?;
        (is_file && NAMED.contains(&extension)).then(|| (path.to_owned(), object.to_owned()))
    });
    for (path, object) in files.take(MOST_FILES) {
        let Ok(bytes) = git(folder, &["cat-file", "blob", &object])? else {
            continue;
        };
        // Git has no path that leads out of its tree; a file system may be of another mind.
        let is_below = Path::new(&path)
            .components()
            .all(|part| matches!(part, std::path::Component::Normal(_)));
        if !is_below || bytes.len() > MAX_BYTES {
            continue;
        }
        let path = written.path().join(path);
        if let Some(folder) = path.parent() {
            std::fs::create_dir_all(folder).map_err(GitError::Write)?;
        }
        std::fs::write(path, bytes).map_err(GitError::Write)?;
    }
    Ok(written)
}

/// What git's hooks have: they name another repository than a folder's own.
const RUN_BY_GIT: [&str; 5] = [
    "GIT_DIR",
    "GIT_WORK_TREE",
    "GIT_INDEX_FILE",
    "GIT_PREFIX",
    "GIT_COMMON_DIR",
];

fn command(folder: &Path, arguments: &[&str]) -> Command {
    let mut command = Command::new("git");
    for variable in RUN_BY_GIT {
        command.env_remove(variable);
    }
    command
        .arg("-C")
        .arg(folder)
        .args(arguments)
        .env("LC_ALL", "C")
        .env("GIT_OPTIONAL_LOCKS", "0")
        .env("GIT_TERMINAL_PROMPT", "0")
        .stdin(Stdio::null())
        .stdout(Stdio::piped());
    command
}

fn spawn(command: &mut Command) -> Result<Child, GitError> {
    command.spawn().map_err(|error| match error.kind() {
        ErrorKind::NotFound => GitError::NoGit,
        _ => GitError::Run(error),
    })
}

/// What git prints, up to one byte more than a template may have; or what it says is wrong.
fn git(folder: &Path, arguments: &[&str]) -> Result<Result<Vec<u8>, String>, GitError> {
    let mut child = spawn(command(folder, arguments).stderr(Stdio::piped()))?;
    let read = output(&mut child);
    if !matches!(read, Ok((ref bytes, _)) if bytes.len() <= MAX_BYTES) {
        // It has more to say than anyone listens to; that it may be over already is no failure.
        let _ = child.kill();
    }
    let status = child.wait().map_err(GitError::Run)?;
    let (bytes, words) = read.map_err(GitError::Run)?;
    if status.success() || bytes.len() > MAX_BYTES {
        Ok(Ok(bytes))
    } else {
        Ok(Err(words))
    }
}

/// Standard output and the first words of standard error, which git fills with no more than a pipe holds.
fn output(child: &mut Child) -> io::Result<(Vec<u8>, String)> {
    let mut bytes = Vec::new();
    if let Some(stdout) = child.stdout.take() {
        let most = u64::try_from(MAX_BYTES)
            .unwrap_or(u64::MAX)
            .saturating_add(1);
        stdout.take(most).read_to_end(&mut bytes)?;
    }
    let mut words = Vec::new();
    if let Some(stderr) = child.stderr.take()
        && bytes.len() <= MAX_BYTES
    {
        stderr.take(MOST_WORDS).read_to_end(&mut words)?;
    }
    let words = String::from_utf8_lossy(&words);
    Ok((bytes, words.trim().trim_start_matches("fatal: ").to_owned()))
}
