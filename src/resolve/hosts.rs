//! The hosts file (hosts(5)), searched for one name.
//!
//! Owns reading the file; its form is `clp_isa_core::wire::hosts`'s.

use crate::sys::dir::open_to_read;
use clp_isa_core::config::Addresses;
use clp_isa_core::limits::HOSTS_LINE_MAX;
use clp_isa_core::wire::hosts::Search;
use std::io::{self, Read};
use std::path::Path;

/// The addresses that the hosts file at `path` has for `name`, with `port`. None if it cannot be read.
pub fn lookup(name: &str, port: u16, path: &Path) -> Addresses {
    let mut search = Search::new(name, port);
    // An error in the middle leaves what was found before it.
    let _ = read(path, &mut search);
    search.finish()
}

fn read(path: &Path, search: &mut Search<'_>) -> io::Result<()> {
    // A pipe in the file's place cannot stop the loop.
    let file = open_to_read(path)?;
    let about = file.metadata()?;
    if !about.is_file() {
        return Ok(());
    }
    // Ends: no more is read than the file held when it was opened.
    let mut file = file.take(about.len());
    let mut chunk = [0; HOSTS_LINE_MAX];
    loop {
        match file.read(&mut chunk) {
            Ok(0) => return Ok(()),
            Ok(count) => search.handle_bytes(chunk.get(..count).unwrap_or_default()),
            Err(error) if error.kind() == io::ErrorKind::Interrupted => {}
            Err(error) => return Err(error),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn files() {
        let dir = std::env::temp_dir().join(format!("clp_isa-hosts-{}", std::process::id()));
        std::fs::create_dir_all(&dir).unwrap();
        let file = dir.join("hosts");
        let filler = "192.0.2.1 other\n".repeat(HOSTS_LINE_MAX);
        std::fs::write(&file, format!("10.0.0.1 web\n{filler}10.0.0.2 web")).unwrap();
        let pipe = dir.join("pipe");
        nix::unistd::mkfifo(&pipe, nix::sys::stat::Mode::S_IRUSR).unwrap();

        let found = lookup("web", 25, &file);
        let not_files = [dir.clone(), pipe, dir.join("missing")]
            .map(|path| lookup("web", 25, &path).is_empty());
        std::fs::remove_dir_all(&dir).unwrap();

        let wanted = ["10.0.0.1:25", "10.0.0.2:25"].map(|text| text.parse().unwrap());
        assert_eq!(found.as_slice(), wanted);
        assert_eq!(not_files, [true; 3]);
    }
}
