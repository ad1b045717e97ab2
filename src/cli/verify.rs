//! The `verify` command: whether a package is what was packed.

use std::path::PathBuf;

use serde_json::json;

use super::exit::{Exit, Failure};
use super::output::{print, print_json, say, stop_at_interrupt, with_progress};
use crate::formats::WriteError;
use crate::formats::aside::write_aside;
use crate::snapshot::package::{open_sealed, verify};

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
        let written = write_aside(out, |to| {
            open_sealed(&args.file, keys, to).map_err(|reason| {
                refused = Some(reason.clone());
                WriteError::new(out, reason)
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
        print(|out| {
            writeln!(out, "{}: made by {} at {}", manifest.title.en(), manifest.made_by, manifest.made_at)?;
            for layer in &manifest.layers {
                let of = match (layer.features, layer.of) {
                    (Some(features), Some(of)) if features < of => format!(", {features} of {of} features"),
                    (Some(features), _) => format!(", {features} features"),
                    _ => String::new(),
                };
                let hash = layer.source.sha256.as_deref().unwrap_or("not read");
                writeln!(out, "  {} ({}){of}; from {}, SHA-256 {hash}", layer.layer, layer.role, layer.source.name)?;
            }
            writeln!(out, "{} files, manifest SHA-256 {}", manifest.files.len(), verdict.manifest_sha256)?;
            writeln!(
                out,
                "{}",
                if verdict.wrong.is_empty() { "whole: every file is as it was packed" } else { "NOT WHOLE" }
            )
        })?;
    }
    for wrong in &verdict.wrong {
        say(format_args!("wrong: {wrong}"));
    }
    Ok(if verdict.wrong.is_empty() { Exit::Done } else { Exit::Found })
}
