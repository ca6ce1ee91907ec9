//! Chromium without a window: opens pages, and says what came of it.

use std::path::{Path, PathBuf};
use std::process::{Command, Output};

use serde_json::Value;

/// How distributions call it.
const NAMES: [&str; 4] = [
    "chromium",
    "chromium-browser",
    "google-chrome",
    "google-chrome-stable",
];
/// How long a page may run, in milliseconds of its own clock.
const RUNS_FOR: u32 = 10_000;
/// What begins the line of a request that Chromium makes by itself, for updates and the like, in its log.
const OF_ITSELF: &str = "not an origin";

/// The system's theme.
#[derive(Clone, Copy, Debug)]
pub enum Theme {
    /// Dark text on a light ground.
    Light,
    /// Light text on a dark ground.
    Dark,
}

/// Chromium.
pub struct Browser {
    path: PathBuf,
}

/// What came of opening a page.
pub struct Opened {
    /// The document after its scripts.
    pub dom: String,
    /// What the console has.
    pub console: Vec<String>,
    /// The addresses on a network that it asked for.
    pub requests: Vec<String>,
}

/// How large a page is on a narrow screen.
#[derive(Debug)]
pub struct Measured {
    /// How wide its content is, in pixels.
    pub content_width: u64,
    /// How high it is.
    pub shown_height: u64,
}

impl Browser {
    /// The one of this machine.
    pub fn find() -> Option<Self> {
        let folders = std::env::var_os("PATH")?;
        let all =
            std::env::split_paths(&folders).flat_map(|folder| NAMES.map(|name| folder.join(name)));
        let path = all.into_iter().find(|path| path.is_file())?;
        Some(Self { path })
    }

    /// Calls it with a profile of its own.
    fn call(&self, theme: Theme, page: &Path, arguments: &[String]) -> Output {
        let profile = tempfile::tempdir().expect("a temporary folder can be made");
        let mut command = Command::new(&self.path);
        command
            .args([
                "--headless=new",
                "--no-sandbox",
                "--disable-gpu",
                "--hide-scrollbars",
                "--no-first-run",
            ])
            .args([
                "--disable-background-networking",
                "--disable-component-update",
                "--disable-sync",
                "--disable-dev-shm-usage",
            ])
            .arg(format!("--user-data-dir={}", profile.path().display()));
        if matches!(theme, Theme::Dark) {
            command.arg("--blink-settings=preferredColorScheme=0");
        }
        let output = command
            .args(arguments)
            .arg(format!("file://{}", page.display()))
            .output();
        let output = output.expect("Chromium starts");
        assert!(
            output.status.success(),
            "{}",
            String::from_utf8_lossy(&output.stderr)
        );
        output
    }

    /// Opens a page.
    pub fn open(&self, page: &Path, theme: Theme) -> Opened {
        let folder = tempfile::tempdir().expect("a temporary folder can be made");
        let log = folder.path().join("net.json");
        let arguments = [
            "--enable-logging=stderr".to_owned(),
            format!("--log-net-log={}", log.display()),
            format!("--virtual-time-budget={RUNS_FOR}"),
            "--dump-dom".to_owned(),
        ];
        let output = self.call(theme, page, &arguments);
        let errors = String::from_utf8_lossy(&output.stderr);
        Opened {
            dom: String::from_utf8_lossy(&output.stdout).into_owned(),
            console: errors
                .lines()
                .filter(|line| line.contains(":CONSOLE"))
                .map(str::to_owned)
                .collect(),
            requests: requests(&std::fs::read_to_string(log).expect("the log was written")),
        }
    }

    /// Opens a text as a page, and gives what its element `id` has in the end.
    fn result_of(&self, page: &str, id: &str, theme: Theme) -> Value {
        let folder = tempfile::tempdir().expect("a temporary folder can be made");
        let path = folder.path().join("page.html");
        std::fs::write(&path, page).expect("it can be written");
        let dom = self.open(&path, theme).dom;
        let result = dom
            .split(&format!("<pre id=\"{id}\">"))
            .nth(1)
            .and_then(|rest| rest.split("</pre>").next());
        let result = result.unwrap_or_else(|| panic!("there is no {id} in {dom}"));
        let result = result
            .replace("&lt;", "<")
            .replace("&gt;", ">")
            .replace("&amp;", "&");
        serde_json::from_str(&result).unwrap_or_else(|error| panic!("{error}: {result}"))
    }

    /// How large a page is on a screen so many pixels wide.
    pub fn measure(&self, page: &str, width: u32) -> Measured {
        let frame = as_wide_as(page, width, 800);
        let script = "<pre id=\"size\"></pre><script>onload = () => { const root = document.querySelector('iframe').contentDocument.documentElement; \
             document.getElementById('size').textContent = JSON.stringify([root.scrollWidth, root.scrollHeight]); }</script>";
        let size = self.result_of(&(frame + script), "size", Theme::Light);
        let pixels = |index: usize| size[index].as_u64().expect("it is a number of pixels");
        Measured {
            content_width: pixels(0),
            shown_height: pixels(1),
        }
    }

    /// What axe-core finds wrong with a page, with everything on it opened.
    pub fn audit(&self, page: &str, axe: &str, theme: Theme) -> Vec<String> {
        let open =
            "for (const details of document.querySelectorAll('details')) details.open = true;";
        let run = "axe.run(document, { resultTypes: ['violations'] }).then((found) => report(found.violations.flatMap((one) => one.nodes.map((node) => \
             one.id + ': ' + node.target.join(' ') + ': ' + (node.any[0] || node.all[0] || node.none[0]).message))));";
        self.problems(page, &[axe, open, run], theme)
    }

    /// What scripts find wrong with a page, which they give to `report` as a list of texts.
    pub fn problems(&self, page: &str, scripts: &[&str], theme: Theme) -> Vec<String> {
        let start = page
            .find("<meta http-equiv")
            .expect("the page has a policy");
        let end = start + page[start..].find('>').expect("an element ends") + 1;
        // Without its policy, which lets no script of others run.
        let page = format!("{}{}", &page[..start], &page[end..]);
        let report = "const report = (found) => { const result = document.body.appendChild(document.createElement('pre')); \
             result.id = 'found'; result.textContent = JSON.stringify(found); };";
        let scripts = [&[report], scripts].concat().join("</script><script>");
        let scripts = format!("<script>{scripts}</script>");
        let page = page.replace("</body>", &format!("{scripts}</body>"));
        let found = self.result_of(&page, "found", theme);
        let found = found.as_array().expect("it is a list");
        found
            .iter()
            .map(|problem| problem.as_str().expect("it is a text").to_owned())
            .collect()
    }

    /// Keeps a picture of a page in a window so wide and so high, in pixels of the page, each of which is so many of the picture's.
    pub fn photograph(
        &self,
        page: &str,
        picture: &Path,
        (width, height): (u32, u32),
        scale: f64,
        theme: Theme,
    ) {
        let folder = tempfile::tempdir().expect("a temporary folder can be made");
        let path = folder.path().join("page.html");
        std::fs::write(&path, page).expect("it can be written");
        let arguments = [
            format!("--window-size={width},{height}"),
            format!("--force-device-scale-factor={scale}"),
            format!("--screenshot={}", picture.display()),
        ];
        self.call(theme, &path, &arguments);
    }

    /// Prints a page.
    pub fn print(&self, page: &Path, paper: &Path) {
        let arguments = [
            "--no-pdf-header-footer".to_owned(),
            format!("--print-to-pdf={}", paper.display()),
        ];
        self.call(Theme::Light, page, &arguments);
    }
}

/// A page in a frame of a width that a window cannot have.
pub fn as_wide_as(page: &str, width: u32, height: u32) -> String {
    let page = page.replace('&', "&amp;").replace('"', "&quot;");
    format!(
        "<!doctype html><title>frame</title><body style=\"margin:0\"><iframe style=\"border:0;width:{width}px;height:{height}px\" srcdoc=\"{page}\"></iframe>"
    )
}

/// The requests of the page itself in Chromium's network log.
fn requests(log: &str) -> Vec<String> {
    let log: Value = serde_json::from_str(log).expect("the log is JSON");
    let start = &log["constants"]["logEventTypes"]["URL_REQUEST_START_JOB"];
    assert!(start.is_number(), "the log names its kinds");
    let events = log["events"].as_array().expect("it has events");
    let of_pages = events
        .iter()
        .filter(|event| event["type"] == *start && event["params"]["initiator"] != OF_ITSELF);
    let addresses = of_pages.filter_map(|event| event["params"]["url"].as_str());
    addresses
        .filter(|address| !address.starts_with("file:"))
        .map(str::to_owned)
        .collect()
}
