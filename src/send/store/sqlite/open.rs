//! Opening the file.

use alloc::string::ToString;
use std::path::Path;
use std::sync::{Mutex, PoisonError};

use rusqlite::Connection;

use super::schema::prepare;
use crate::send::error::SendError;

/// One thread at a time creates and opens a file: see [`connect`].
static OPENING: Mutex<()> = Mutex::new(());

/// Opens a connection to a file that only its owner may read, since it holds secrets and personal data. Makes the file
/// if `may_create`.
///
/// POSIX drops every lock of a process on a file as soon as the process closes any descriptor of it. So the file is
/// never opened beside a connection: it is created before the first one exists, and its mode is changed by its name.
pub(super) fn connect(path: &Path, may_create: bool) -> Result<Connection, SendError> {
    let failed = |what: &dyn ToString| SendError::StoreFailed { what: what.to_string() };
    if path.as_os_str().is_empty() || path.starts_with(":memory:") || path.to_string_lossy().starts_with("file:") {
        return Err(failed(&"the store is the path of a file"));
    }
    let _alone = OPENING.lock().unwrap_or_else(PoisonError::into_inner);
    let mut options = std::fs::OpenOptions::new();
    options.create_new(true).write(true);
    #[cfg(unix)]
    std::os::unix::fs::OpenOptionsExt::mode(&mut options, 0o600);
    if !may_create && !path.exists() {
        return Err(failed(&[&*path.to_string_lossy(), ": there is no such store"].concat()));
    }
    match options.open(path) {
        Ok(_created) => {}
        Err(error) if error.kind() == std::io::ErrorKind::AlreadyExists => {
            #[cfg(unix)]
            tighten(path).map_err(|error| failed(&error))?;
        }
        Err(error) => return Err(failed(&error)),
    }
    let mut connection = Connection::open(path).map_err(|error| failed(&error))?;
    prepare(&mut connection)?;
    Ok(connection)
}

/// Restricts the file, and the files that SQLite keeps beside it, to the owner.
#[cfg(unix)]
fn tighten(path: &Path) -> std::io::Result<()> {
    use std::os::unix::fs::PermissionsExt;
    for suffix in ["", "-wal", "-shm"] {
        let mut file = path.as_os_str().to_os_string();
        file.push(suffix);
        let Ok(found) = std::fs::metadata(&file) else { continue };
        if found.is_file() && found.permissions().mode() & 0o077 != 0 {
            std::fs::set_permissions(&file, std::fs::Permissions::from_mode(0o600))?;
        }
    }
    Ok(())
}
