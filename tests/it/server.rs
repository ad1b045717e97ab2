//! A web server of files that serves parts of them, as nginx does.

use std::io::{BufRead, BufReader, Read, Write};
use std::net::{TcpListener, TcpStream};
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

/// Serves a folder until the test ends.
pub struct Server {
    /// `http://127.0.0.1:PORT`.
    pub address: String,
    sent: Arc<AtomicU64>,
}

impl Server {
    pub fn of(folder: &Path) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").expect("a free port");
        let address = format!("http://{}", listener.local_addr().expect("the port's number"));
        let (folder, sent) = (folder.to_owned(), Arc::new(AtomicU64::new(0)));
        let counted = sent.clone();
        std::thread::spawn(move || {
            for stream in listener.incoming().flatten() {
                let (folder, counted) = (folder.clone(), counted.clone());
                std::thread::spawn(move || talk(stream, &folder, &counted));
            }
        });
        Self { address, sent }
    }

    /// Bytes of files sent so far.
    pub fn sent(&self) -> u64 {
        self.sent.load(Ordering::SeqCst)
    }
}

fn talk(mut stream: TcpStream, folder: &Path, sent: &AtomicU64) -> Option<()> {
    let mut reader = BufReader::new(stream.try_clone().ok()?);
    loop {
        let lines: Vec<String> = reader.by_ref().lines().map_while(Result::ok).take_while(|l| !l.is_empty()).collect();
        let path: PathBuf = folder.join(lines.first()?.split(' ').nth(1)?.trim_start_matches('/'));
        let Ok(file) = std::fs::read(path) else {
            stream.write_all(b"HTTP/1.1 404 Not Found\r\nContent-Length: 0\r\n\r\n").ok()?;
            continue;
        };
        let range =
            lines.iter().find_map(|line| line.to_ascii_lowercase().strip_prefix("range: bytes=").map(str::to_owned))?;
        let (from, to) = range.split_once('-')?;
        let (from, to) = (from.parse::<usize>().ok()?, to.parse::<usize>().ok()?.min(file.len() - 1));
        let part = file.get(from..=to)?;
        let length = file.len();
        let head = format!(
            "HTTP/1.1 206 Partial Content\r\nETag: \"{length}\"\r\nContent-Range: bytes {from}-{to}/{length}\r\nContent-Length: {}\r\n\r\n",
            part.len()
        );
        sent.fetch_add(part.len() as u64, Ordering::SeqCst);
        stream.write_all(&[head.as_bytes(), part].concat()).ok()?;
    }
}
