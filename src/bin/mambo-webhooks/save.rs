//! A folder of saved deliveries.

use std::fs;
use std::path::{Path, PathBuf};
use std::sync::Mutex;

/// A folder that holds a folder for each delivery, with the files `headers` and `body`.
pub struct Folder {
    path: PathBuf,
    /// How many deliveries it holds.
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
        *count = count.saturating_add(1);
        let word: String = word.chars().filter(|letter| letter.is_ascii_alphanumeric() || *letter == '_').collect();
        let folder = self.path.join(format!("{:04}-{word}", *count));
        let problem = |error: std::io::Error| format!("{}: {error}", folder.display());
        fs::create_dir(&folder).map_err(problem)?;
        let lines: String = headers.iter().map(|(name, value)| format!("{name}: {value}\n")).collect();
        fs::write(folder.join("headers"), lines).map_err(problem)?;
        fs::write(folder.join("body"), body).map_err(problem)
    }
}
