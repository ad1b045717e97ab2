//! The built program in a throwaway folder.

use std::path::{Path, PathBuf};
use std::process::{Command, Output, Stdio};
use std::time::{Duration, Instant};

use serde_json::Value as Json;

/// What a run of the program left behind.
pub struct Run {
    /// The exit code; `None` when a signal ended it.
    pub code: Option<i32>,
    pub stdout: String,
    pub stderr: String,
}

impl Run {
    /// The exit code of the contract, with all that was said when it is another.
    pub fn expect(self, code: i32) -> Self {
        assert_eq!(self.code, Some(code), "\nstdout: {}\nstderr: {}", self.stdout, self.stderr);
        if code > 1 {
            assert_eq!(self.stdout, "", "a failed command prints no result");
            assert!(!self.stderr.trim().is_empty(), "a failed command says why");
        }
        self
    }

    /// The one JSON object on stdout.
    pub fn json(self) -> Json {
        let run = self.expect(0);
        let value: Json = serde_json::from_str(&run.stdout).unwrap_or_else(|e| panic!("{e}: {}", run.stdout));
        assert!(value.is_object(), "{value}");
        value
    }

    /// Fails unless stderr holds a word.
    pub fn says(self, word: &str) -> Self {
        assert!(self.stderr.contains(word), "\"{word}\" is not in: {}", self.stderr);
        self
    }
}

/// A folder that is gone after the test.
pub struct Place {
    folder: tempfile::TempDir,
}

impl Place {
    pub fn new() -> Self {
        Self { folder: tempfile::tempdir().expect("a temporary folder") }
    }

    pub fn path(&self) -> &Path {
        self.folder.path()
    }

    pub fn write(&self, name: &str, text: impl AsRef<[u8]>) -> PathBuf {
        let path = self.path().join(name);
        std::fs::create_dir_all(path.parent().expect("a file has a folder")).expect("a folder in a temporary folder");
        std::fs::write(&path, text).expect("a file in a temporary folder");
        path
    }

    /// All files below, sorted, relative.
    pub fn files(&self) -> Vec<String> {
        let mut found: Vec<String> =
            walk(self.path()).iter().map(|p| relative(self.path(), p)).filter(|name| !name.is_empty()).collect();
        found.sort();
        found
    }

    /// Runs the program here, without a display, for a minute at most.
    pub fn run(&self, args: &[&str]) -> Run {
        run_in(self.path(), args)
    }
}

/// Runs the program in a folder.
pub fn run_in(folder: &Path, args: &[&str]) -> Run {
    const MOST: Duration = Duration::from_secs(120);
    let mut child = command(args).current_dir(folder).spawn().expect("the program starts");
    // Read on threads: a full pipe must not look like a hang.
    let out = child.stdout.take().map(reader);
    let err = child.stderr.take().map(reader);
    let began = Instant::now();
    let status = loop {
        match child.try_wait().expect("the program can be waited for") {
            Some(status) => break status,
            None if began.elapsed() > MOST => {
                child.kill().expect("the program can be ended");
                panic!("{args:?} was not done after {MOST:?}");
            }
            None => std::thread::sleep(Duration::from_millis(5)),
        }
    };
    let text = |thread: Option<std::thread::JoinHandle<Vec<u8>>>| {
        let bytes = thread.map(|t| t.join().expect("a reader ends")).unwrap_or_default();
        String::from_utf8(bytes).expect("output is UTF-8")
    };
    Run { code: status.code(), stdout: text(out), stderr: text(err) }
}

/// The program with its arguments; stdin is closed, there is no display.
pub fn command(args: &[&str]) -> Command {
    let mut command = Command::new(env!("CARGO_BIN_EXE_cimbase"));
    command.args(args).stdin(Stdio::null()).stdout(Stdio::piped()).stderr(Stdio::piped());
    command.env_remove("DISPLAY").env_remove("WAYLAND_DISPLAY").env("RUST_BACKTRACE", "0");
    // Nothing of a test is written into the data folder of whoever runs it.
    command.env("XDG_DATA_HOME", concat!(env!("CARGO_TARGET_TMPDIR"), "/data"));
    command
}

/// The output of a command that is waited for elsewhere.
pub fn finish(child: std::process::Child) -> Output {
    child.wait_with_output().expect("the program ends")
}

fn reader(mut pipe: impl std::io::Read + Send + 'static) -> std::thread::JoinHandle<Vec<u8>> {
    std::thread::spawn(move || {
        let mut bytes = Vec::new();
        let _ = pipe.read_to_end(&mut bytes);
        bytes
    })
}

/// All files below a folder, sorted.
pub fn walk(folder: &Path) -> Vec<PathBuf> {
    let mut found = Vec::new();
    let mut open = vec![folder.to_owned()];
    while let Some(folder) = open.pop() {
        for entry in std::fs::read_dir(&folder).into_iter().flatten().flatten() {
            let path = entry.path();
            if path.is_dir() { open.push(path) } else { found.push(path) }
        }
    }
    found.sort();
    found
}

/// A path below a folder, with `/` between.
pub fn relative(folder: &Path, path: &Path) -> String {
    let relative = path.strip_prefix(folder).unwrap_or(path);
    relative.iter().map(|part| part.to_string_lossy()).collect::<Vec<_>>().join("/")
}

/// The package's folder: asked for at run time, since checkouts may share a target folder.
pub fn package() -> PathBuf {
    std::env::var_os("CARGO_MANIFEST_DIR").map_or_else(|| ".".into(), PathBuf::from)
}
