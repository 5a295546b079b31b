//! A folder of saved deliveries.

use std::fs;
use std::io::ErrorKind;
use std::os::unix::fs::DirBuilderExt as _;
use std::path::{Path, PathBuf};
use std::sync::Mutex;

/// A file system takes 255 bytes for a name, and an event type may have more.
const MAX_WORD_LENGTH: usize = 100;

/// A folder that holds a folder for each delivery, with the files `headers` and `body`.
pub struct Folder {
    path: PathBuf,
    /// The highest number of a delivery.
    count: Mutex<usize>,
}

impl Folder {
    /// Makes the folder if it is not there. Deliveries that it holds are kept.
    pub fn open(path: &Path) -> Result<Self, String> {
        let problem = |error: std::io::Error| format!("{}: {error}", path.display());
        fs::create_dir_all(path).map_err(problem)?;
        let names = fs::read_dir(path).map_err(problem)?.filter_map(Result::ok).map(|entry| entry.file_name());
        let numbers = names.filter_map(|name| name.to_str()?.split('-').next()?.parse().ok());
        Ok(Self { path: path.into(), count: Mutex::new(numbers.max().unwrap_or(0)) })
    }

    /// Saves a delivery. `word` becomes part of its name.
    pub fn save(&self, word: &str, headers: &[(String, String)], body: &[u8]) -> Result<(), String> {
        let mut count = self.count.lock().map_err(|_| "the folder cannot be used")?;
        let letters = word.chars().filter(|letter| letter.is_ascii_alphanumeric() || *letter == '_');
        let word: String = letters.take(MAX_WORD_LENGTH).collect();
        let folder = loop {
            *count = count.saturating_add(1);
            let folder = self.path.join(format!("{:04}-{word}", *count));
            // Bodies hold personal data: other users of the machine cannot read them.
            match fs::DirBuilder::new().mode(0o700).create(&folder) {
                Ok(()) => break folder,
                // Another listener made it.
                Err(error) if error.kind() == ErrorKind::AlreadyExists && *count < usize::MAX => {}
                Err(error) => return Err(format!("{}: {error}", folder.display())),
            }
        };
        let problem = |error: std::io::Error| format!("{}: {error}", folder.display());
        let lines = header_text(headers);
        fs::write(folder.join("headers"), lines).map_err(problem)?;
        fs::write(folder.join("body"), body).map_err(problem)
    }
}

/// Headers as a file has them: each on a line, `Name: value`.
pub fn header_text(headers: &[(String, String)]) -> String {
    headers.iter().flat_map(|(name, value)| [name.as_str(), ": ", value, "\n"]).collect()
}
