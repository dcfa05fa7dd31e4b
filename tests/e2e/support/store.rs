//! The licenses' store, written as `clplcnsc` leaves it.

use clp_isa_core::license::key::Terms;
use clp_isa_core::license::record::{Record, parse, render};
use clp_isa_core::paths::{CONFIG, LICENSES};
use std::ffi::OsStr;
use std::fs::{self, DirBuilder, OpenOptions};
use std::io::{ErrorKind, Write};
use std::os::unix::fs::{DirBuilderExt, OpenOptionsExt};
use std::path::{Path, PathBuf};

/// Registers a license for this host under a prefix. It takes the place of one with the same serial number, a product
/// license that of the host's former one.
pub(crate) fn register(prefix: &Path, new: Record) {
    let host = nix::unistd::gethostname().unwrap();
    let old = fs::read(file_of(prefix, &host)).unwrap_or_default();
    let mut records: Vec<_> = parse(&old).map(|(_, record)| record.unwrap()).collect();
    let is_product = |record: &Record| record.terms() == Terms::Product;
    records.retain(|old| old.serial() != new.serial() && !(is_product(old) && is_product(&new)));
    records.push(new);
    write(prefix, &host, &records);
}

/// Writes a host's file, with these records alone.
pub(crate) fn write(prefix: &Path, host: &OsStr, records: &[Record]) -> PathBuf {
    make_dir(prefix);
    let path = file_of(prefix, host);
    let mut options = OpenOptions::new();
    options.write(true).create(true).truncate(true).mode(0o600);
    let mut file = options.open(&path).unwrap();
    let text = render(records).to_string();
    file.write_all(text.as_bytes()).unwrap();
    path
}

fn file_of(prefix: &Path, host: &OsStr) -> PathBuf {
    let mut name = host.to_os_string();
    name.push(".lic");
    prefix.join(LICENSES).join(name)
}

/// Makes the store's directory, as the first registration does.
pub(crate) fn make_dir(prefix: &Path) {
    let config = prefix.join(CONFIG);
    let mut shared = DirBuilder::new();
    shared.recursive(true).mode(0o755);
    shared.create(config.parent().unwrap()).unwrap();
    for dir in [config, prefix.join(LICENSES)] {
        match DirBuilder::new().mode(0o700).create(&dir) {
            Err(error) if error.kind() == ErrorKind::AlreadyExists => (),
            made => made.unwrap(),
        }
    }
}
