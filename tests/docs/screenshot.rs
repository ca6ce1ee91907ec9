//! The picture of the page: a screenshot of a rehearsal's banner and figure. It has in it of which page it was taken, so a test knows
//! without a browser whether that is the page of today.

use std::path::{Path, PathBuf};

use sha2::{Digest, Sha256};
use workspace_tests::browser::{Browser, Theme};
use workspace_tests::{Printed, places};

use crate::pages;
use crate::quotes::RUNS;

/// `docs/page.png`.
pub const NAME: &str = "page";
/// What is rehearsed for it.
const REHEARSED: &str = "errors-under-traffic";
/// How wide the page is, in pixels of its own, and how many of the picture's each of them is.
const WIDTH: u32 = 1_000;
const SCALE: f64 = 1.25;
/// What everyone who looks at the README downloads, at most.
const MOST_BYTES: usize = 200_000;
/// The keyword under which a PNG has a text.
const KEYWORD: &[u8] = b"Source\0";

fn kept() -> PathBuf {
    places::root().join("docs").join(NAME).with_extension("png")
}

/// The page up to the end of its figure, without the values behind it.
fn beginning(folder: &Path) -> String {
    let run = &RUNS[&vec![format!("tests/rehearsals/{REHEARSED}.toml")]];
    let [report, page] = ["json", "html"].map(|ending| folder.join(NAME).with_extension(ending));
    let reports: Vec<_> = run.reports().into_iter().map(|report| report.0).collect();
    let text = serde_json::to_string(&reports).expect("a report is JSON");
    std::fs::write(&report, text).expect("it can be written");
    let [report, path] = [report, page.clone()].map(|path| path.display().to_string());
    Printed::report(&[&report, "--html", &path]);
    let page = pages::text(&page);
    let (beginning, _) = page
        .split_once("<details>")
        .expect("the values of a figure are behind it");
    let end = "<style>body { max-width: none; padding: 22px 30px 12px; }</style></figure></article></main></body></html>";
    format!("{beginning}{end}")
}

/// Of which page a picture was taken.
fn source(png: &[u8]) -> Option<String> {
    let start = png
        .windows(KEYWORD.len())
        .position(|bytes| bytes == KEYWORD)?;
    let hash = png.get(start + KEYWORD.len()..)?.get(..64)?;
    String::from_utf8(hash.to_vec()).ok()
}

/// The picture with a text of its own, a chunk `tEXt` before its end
/// (<https://www.w3.org/TR/png-3/#11tEXt>; the last chunk, `IEND`, has 12 bytes).
fn with_source(png: &[u8], hash: &str) -> Vec<u8> {
    let (before, end) = png.split_at(png.len() - 12);
    let text = [KEYWORD, hash.as_bytes()].concat();
    let length = u32::try_from(text.len()).expect("a hash is short");
    let chunk = [b"tEXt", &text[..]].concat();
    let check = crc32fast::hash(&chunk).to_be_bytes();
    [before, &length.to_be_bytes(), &chunk, &check, end].concat()
}

#[test]
fn the_screenshot_is_of_the_page_as_it_is_now() {
    let folder = tempfile::tempdir().expect("a temporary folder can be made");
    let page = beginning(folder.path());
    let bytes = Sha256::digest(&page);
    let hex: Vec<_> = bytes.iter().map(|byte| format!("{byte:02x}")).collect();
    let hash = hex.concat();
    let png = std::fs::read(kept()).unwrap_or_default();
    assert!(png.len() <= MOST_BYTES, "{} bytes", png.len());
    if source(&png).as_ref() == Some(&hash) {
        return;
    }
    assert!(
        std::env::var_os(pages::UPDATE).is_some(),
        "docs/{NAME}.png was taken of another page than that of today: make picture, where there is a Chromium"
    );
    let Some(browser) = Browser::find() else {
        eprintln!("left out: docs/{NAME}.png is not taken: there is no Chromium on this machine");
        return;
    };
    let height = browser.measure(&page, WIDTH).shown_height;
    let height = u32::try_from(height).expect("a page is not that high");
    let picture = folder.path().join("page.png");
    browser.photograph(&page, &picture, (WIDTH, height), SCALE, Theme::Light);
    let png = std::fs::read(picture).expect("a picture was taken");
    let png = with_source(&png, &hash);
    assert!(png.len() <= MOST_BYTES, "{} bytes", png.len());
    std::fs::write(kept(), png).expect("it can be kept");
}
