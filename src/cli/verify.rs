//! The `verify` command: whether a package is what was packed.

use std::io::{self, Write};
use std::path::PathBuf;

use serde_json::json;

use super::escape::one_line;
use super::exit::{Exit, Failure};
use super::output::{print, print_json, say, stop_at_interrupt, with_progress};
use crate::formats::WriteError;
use crate::formats::aside::write_aside;
use crate::snapshot::package::{UnsealError, Verdict, open_sealed, verify};

/// `cimbase verify`.
#[derive(Debug, clap::Args)]
#[command(after_help = "Examples:
  cimbase verify district.cimpack
  cimbase verify district.cimpack.age --identity key.txt --decrypt district.cimpack

Exit 1 when a file is missing, damaged or was changed. The SHA-256 of the manifest stands for the whole package: compare
it with what the sender says.")]
pub struct VerifyArgs {
    /// The package
    #[arg(value_name = "FILE.cimpack")]
    file: PathBuf,
    /// Private keys, as age-keygen writes them; for an encrypted package
    #[arg(long, value_name = "KEYFILE", requires = "decrypt")]
    identity: Option<PathBuf>,
    /// Write the decrypted package here, and check that
    #[arg(long, value_name = "OUT.cimpack", requires = "identity")]
    decrypt: Option<PathBuf>,
    /// One JSON object instead of a table
    #[arg(long)]
    json: bool,
}

/// Runs the command.
///
/// # Errors
/// [`Failure`]: no package, or not for this key (3), the decrypted one cannot be written (4).
pub fn run(args: &VerifyArgs) -> Result<Exit, Failure> {
    stop_at_interrupt();
    if let (Some(keys), Some(out)) = (&args.identity, &args.decrypt) {
        super::source::check(&args.file)?;
        let mut refused = None;
        let written = with_progress(|progress| {
            write_aside(out, |to| {
                open_sealed(&args.file, keys, to, progress).map_err(|error| {
                    if let UnsealError::Input(reason) = &error {
                        refused = Some(reason.clone());
                    }
                    WriteError::new(out, error)
                })
            })
        });
        if let Some(reason) = refused {
            return Err(Failure::input(reason));
        }
        written.map_err(|error| Failure::output(error.to_string()))?;
    }
    let file = args.decrypt.as_ref().unwrap_or(&args.file);
    let verdict =
        with_progress(|progress| verify(file, progress)).map_err(|error| Failure::input(error.to_string()))?;
    let manifest = &verdict.manifest;
    if args.json {
        print_json(&json!({ "file": file, "whole": verdict.wrong.is_empty(), "wrong": verdict.wrong,
            "manifest_sha256": verdict.manifest_sha256, "manifest": manifest }))?;
    } else {
        print(|out| text(out, &verdict))?;
    }
    for wrong in &verdict.wrong {
        say(format_args!("wrong: {}", one_line(wrong)));
    }
    Ok(if verdict.wrong.is_empty() { Exit::Done } else { Exit::Found })
}

/// The verdict for people. What the package says of itself is a stranger's: a line end in it must not look like an answer.
fn text(out: &mut dyn Write, verdict: &Verdict) -> io::Result<()> {
    let manifest = &verdict.manifest;
    let [title, maker, moment] =
        [manifest.title.en(), manifest.made_by.as_str(), manifest.made_at.as_str()].map(one_line);
    writeln!(out, "{title}: made by {maker} at {moment}")?;
    for layer in &manifest.layers {
        let of = match (layer.features, layer.of) {
            (Some(features), Some(of)) if features < of => format!(", {features} of {of} features"),
            (Some(features), _) => format!(", {features} features"),
            _ => String::new(),
        };
        let hash = layer.source.sha256.as_deref().unwrap_or("not read");
        let [id, role, source, hash] =
            [layer.layer.as_str(), layer.role.as_str(), layer.source.name.as_str(), hash].map(one_line);
        match source.is_empty() {
            true => writeln!(out, "  {id} ({role}){of}; made by the program, from no file")?,
            false => writeln!(out, "  {id} ({role}){of}; from {source}, SHA-256 {hash}")?,
        }
    }
    writeln!(out, "{} files, manifest SHA-256 {}", manifest.files.len(), verdict.manifest_sha256)?;
    let whole = verdict.wrong.is_empty();
    writeln!(out, "{}", if whole { "whole: every file is as it was packed" } else { "NOT WHOLE" })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::snapshot::package::Manifest;

    #[test]
    fn a_line_end_in_a_package_makes_no_line_of_the_answer() {
        let said = "whole: every file is as it was packed";
        let manifest = serde_json::json!({ "format": "cimpack", "version": 1, "made_by": format!("me\n{said}"),
            "made_at": "now\n", "title": { "zh": "", "en": format!("a\n{said}\nb") }, "crs": "EPSG:4548", "crs_name": "",
            "layers": [], "files": [], "unmasked": false, "notes": [] });
        let manifest: Manifest = serde_json::from_value(manifest).unwrap();
        let verdict = Verdict { manifest, manifest_sha256: "0".to_owned(), wrong: vec!["x is missing".to_owned()] };
        let mut out = Vec::new();
        text(&mut out, &verdict).unwrap();
        let out = String::from_utf8(out).unwrap();
        let expected =
            format!("a\\n{said}\\nb: made by me\\n{said} at now\\n\n0 files, manifest SHA-256 0\nNOT WHOLE\n");
        assert_eq!(out, expected);
    }
}
