//! Encryption to a recipient's key, in the format of the program `age`.

use std::fs::File;
use std::io::{self, BufReader, Read, Write};
use std::path::Path;

use super::bytes::{pieces, step};
use crate::report::Progress;

/// Who may open a package.
pub struct Recipients(Vec<age::x25519::Recipient>);

/// Why an encrypted package was not opened.
#[derive(Debug, thiserror::Error)]
pub enum UnsealError {
    /// The keys or the package: no such file, not for this key, damaged.
    #[error("{0}")]
    Input(String),
    /// What was decrypted cannot be written, or the user stopped it.
    #[error(transparent)]
    Output(io::Error),
}

impl Recipients {
    /// Public keys as `age-keygen` prints them: `age1…`.
    ///
    /// # Errors
    /// A sentence that names the key that is none.
    pub fn parse(keys: &[String]) -> Result<Self, String> {
        let parse = |key: &String| {
            key.trim()
                .parse::<age::x25519::Recipient>()
                .map_err(|error| format!("{key}: {error}; a public key begins with age1, as age-keygen prints it"))
        };
        keys.iter().map(parse).collect::<Result<_, _>>().map(Self)
    }

    pub(super) fn seal(&self, from: impl Read, to: &mut File, progress: &Progress) -> io::Result<()> {
        let recipients = self.0.iter().map(|one| one as &dyn age::Recipient);
        let sealer = age::Encryptor::with_recipients(recipients).map_err(io::Error::other)?;
        let mut out = sealer.wrap_output(io::BufWriter::with_capacity(1 << 20, to))?;
        let mut done = 0;
        pieces(from, |piece| {
            done += piece.len() as u64;
            step(progress, done)?;
            out.write_all(piece)
        })?;
        out.finish()?.flush()
    }
}

/// Decrypts a package with the private keys in a file, as `age-keygen` writes it.
///
/// # Errors
/// [`UnsealError`], which says whose fault it is.
pub fn open_sealed(package: &Path, keys: &Path, to: &mut impl Write, progress: &Progress) -> Result<(), UnsealError> {
    let wrong = |path: &Path, error: &dyn std::fmt::Display| UnsealError::Input(format!("{}: {error}", path.display()));
    let identities = age::IdentityFile::from_file(keys.display().to_string())
        .map_err(|e| wrong(keys, &e))?
        .into_identities()
        .map_err(|e| wrong(keys, &e))?;
    let file = File::open(package).map_err(|e| wrong(package, &e))?;
    progress.stage("decrypting", file.metadata().map_or(0, |facts| facts.len()));
    let sealed = age::Decryptor::new(BufReader::with_capacity(1 << 20, file)).map_err(|e| wrong(package, &e))?;
    let known = identities.iter().map(|identity| identity.as_ref() as &dyn age::Identity);
    let plain = sealed.decrypt(known).map_err(|e| wrong(package, &format!("{e}; it was encrypted for another key")))?;
    let (mut done, mut failed) = (0, None);
    let read = pieces(plain, |piece| {
        done += piece.len() as u64;
        // Writing and reading fail alike: what failed is kept.
        step(progress, done).and_then(|()| to.write_all(piece)).map_err(|error| {
            let kind = error.kind();
            failed = Some(error);
            io::Error::from(kind)
        })
    });
    match (read, failed) {
        (_, Some(error)) => Err(UnsealError::Output(error)),
        (Err(error), None) => Err(wrong(package, &error)),
        (Ok(_), None) => Ok(()),
    }
}
