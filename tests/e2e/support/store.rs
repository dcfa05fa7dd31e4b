//! The licenses' store, written as `clplcnsc` leaves it.

use clp_isa_core::license::key::Terms;
use clp_isa_core::license::record::{Record, parse, render};
use clp_isa_core::paths::{CONFIG, LICENSES};
use std::fs::{self, DirBuilder, OpenOptions};
use std::io::{ErrorKind, Write};
use std::os::unix::fs::{DirBuilderExt, OpenOptionsExt};
use std::path::Path;

/// Registers a license for this host under a prefix. It takes the place of one with the same serial number, a product
/// license that of the host's former one.
pub(crate) fn register(prefix: &Path, new: Record) {
    let mut name = nix::unistd::gethostname().unwrap();
    name.push(".lic");
    let path = prefix.join(LICENSES).join(name);
    let old = fs::read(&path).unwrap_or_default();
    let mut records: Vec<_> = parse(&old).map(|(_, record)| record.unwrap()).collect();
    let is_product = |record: &Record| record.terms() == Terms::Product;
    records.retain(|old| old.serial() != new.serial() && !(is_product(old) && is_product(&new)));
    records.push(new);

    make_dir(prefix);
    let mut options = OpenOptions::new();
    options.write(true).create(true).truncate(true).mode(0o600);
    let mut file = options.open(path).unwrap();
    file.write_all(render(&records).to_string().as_bytes())
        .unwrap();
}

/// Makes the store's directory, as the first registration does.
fn make_dir(prefix: &Path) {
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
