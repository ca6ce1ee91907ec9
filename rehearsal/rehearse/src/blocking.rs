//! Work that may block for as long as it likes, where it holds up nothing else.

use miette::miette;
use tokio::sync::oneshot;

use crate::limits::LimitError;

/// Does what may block: the reading of a FIFO, or a `cargo metadata`. It is no task of the runtime's: those are waited for, or are never
/// begun where there is no thread for them.
///
/// # Errors
/// There is no thread for it.
pub async fn apart<T: Send + 'static>(
    work: impl FnOnce() -> T + Send + 'static,
) -> miette::Result<T> {
    let (give, given) = oneshot::channel();
    let thread = std::thread::Builder::new().spawn(move || give.send(work()).is_ok());
    let thread = thread.map_err(LimitError::Threads)?;
    match given.await {
        Ok(value) => Ok(value),
        // It has gone without a word, so it has panicked.
        Err(_) => match thread.join() {
            Err(panic) => std::panic::resume_unwind(panic),
            Ok(_) => Err(miette!("the input could not be read")),
        },
    }
}
