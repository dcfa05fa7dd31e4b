//! Registrations and deletions on real files.

use super::*;
use crate::registry::scratch::Scratch;
use clp_isa_core::date::Date;
use clp_isa_core::license::record::Damage;
use std::fs::{self, Permissions};
use std::os::unix::fs::{MetadataExt, PermissionsExt};
use std::sync::Barrier;

fn license(number: &str, terms: Terms) -> Record {
    let serial = Serial::parse(number.as_bytes()).unwrap();
    Record::issue(serial, terms).unwrap()
}

fn trial(number: &str, last: u16) -> Record {
    license(
        number,
        Terms::Trial {
            first: Date::new(1),
            last: Date::new(last),
        },
    )
}

fn product(number: &str) -> Record {
    license(number, Terms::Product)
}

/// A file under another host's name.
fn plant(paths: &Paths, host: &str, records: &[Record]) -> PathBuf {
    drop(Dir::create(&paths.license_dir(), Rights::Kept).unwrap());
    let path = paths.license_dir().join(format!("{host}.lic"));
    fs::write(&path, record::render(records).to_string()).unwrap();
    fs::set_permissions(&path, Permissions::from_mode(0o600)).unwrap();
    path
}

fn own_file(paths: &Paths) -> PathBuf {
    let mut name = host_name().unwrap();
    name.push(".lic");
    paths.license_dir().join(name)
}

fn own(paths: &Paths) -> Vec<Record> {
    let contents = read(paths).unwrap();
    assert_eq!(contents.skipped, []);
    contents.own.records
}

#[test]
fn reading_makes_nothing_and_registering_makes_exact_modes() {
    let scratch = Scratch::new();
    let paths = scratch.paths();
    assert_eq!(own(&paths), []);
    assert_eq!(fs::read_dir(scratch.root()).unwrap().count(), 0);
    let record = product("PRO0000001");
    assert_eq!(register(&paths, record), Ok(Changed::default()));
    assert_eq!(own(&paths), [record]);
    let dir = paths.license_dir();
    let names: Vec<_> = fs::read_dir(&dir)
        .unwrap()
        .map(|entry| entry.unwrap().path())
        .collect();
    let [file] = names.as_slice() else {
        panic!("{names:?}")
    };
    let mode = |path: &Path| fs::symlink_metadata(path).unwrap().mode() & 0o7777;
    assert_eq!((mode(&dir), mode(file)), (0o700, 0o600));
}

#[test]
fn what_takes_the_place_of_what() {
    let scratch = Scratch::new();
    let paths = scratch.paths();
    let replacing = |new, old: &[Record]| {
        let changed = register(&paths, new).unwrap();
        assert_eq!(
            (changed.replaced.as_slice(), changed.dropped),
            (old, vec![])
        );
    };
    let (first, second) = (product("PRO0000001"), product("PRO0000002"));
    let (short, long, other) = (
        trial("TRY0000001", 10),
        trial("TRY0000001", 20),
        trial("TRY0000002", 10),
    );
    replacing(first, &[]);
    replacing(short, &[]);
    replacing(other, &[]);
    assert_eq!(own(&paths), [first, short, other]);
    replacing(long, &[short]);
    replacing(second, &[first]);
    assert_eq!(own(&paths), [other, long, second]);
    // One serial number has one license, whatever its kind.
    let upgraded = product("TRY0000001");
    replacing(upgraded, &[long, second]);
    assert_eq!(own(&paths), [other, upgraded]);
    let file = own_file(&paths);
    let inode = fs::metadata(&file).unwrap().ino();
    replacing(upgraded, &[]);
    assert_eq!(fs::metadata(&file).unwrap().ino(), inode);
}

#[test]
fn a_product_key_of_another_host_is_refused_and_a_trial_is_not() {
    let scratch = Scratch::new();
    let paths = scratch.paths();
    let (first, shared) = (product("PRO0000001"), trial("TRY0000001", 10));
    plant(&paths, "elsewhere", &[first, shared]);
    assert_eq!(
        register(&paths, first),
        Err(StoreError::Overlap("elsewhere".into()))
    );
    assert_eq!(own(&paths), []);
    register(&paths, shared).unwrap();
    assert_eq!(own(&paths), [shared]);
}

#[test]
fn deleting_takes_this_hosts_license_first() {
    let scratch = Scratch::new();
    let paths = scratch.paths();
    let (mine, shared) = (product("PRO0000001"), trial("TRY0000001", 10));
    assert_eq!(
        delete(&paths, mine.serial()),
        Err(StoreError::Unknown(mine.serial()))
    );
    register(&paths, mine).unwrap();
    register(&paths, shared).unwrap();
    let (a, b) = (
        plant(&paths, "a", &[shared]),
        plant(&paths, "b", &[shared, product("PRO0000002")]),
    );
    delete(&paths, shared.serial()).unwrap();
    assert_eq!(own(&paths), [mine]);
    assert_eq!(read(&paths).unwrap().others.len(), 2);
    delete(&paths, shared.serial()).unwrap();
    // A file without records goes.
    assert!(!a.exists() && b.exists());
    assert_eq!(
        read(&paths)
            .unwrap()
            .others
            .iter()
            .map(|host| host.records.len())
            .sum::<usize>(),
        1
    );
    assert_eq!(
        delete(&paths, shared.serial()),
        Err(StoreError::Unknown(shared.serial()))
    );
    delete(&paths, mine.serial()).unwrap();
    assert_eq!(own(&paths), []);
}

#[test]
fn damaged_lines_go_with_the_next_change_and_are_told() {
    let scratch = Scratch::new();
    let paths = scratch.paths();
    let (first, second) = (trial("TRY0000001", 10), trial("TRY0000002", 10));
    register(&paths, first).unwrap();
    let path = own_file(&paths);
    let mut text = fs::read_to_string(&path).unwrap();
    text.push_str("half a rec");
    fs::write(&path, &text).unwrap();
    let contents = read(&paths).unwrap();
    assert_eq!(contents.own.records, [first]);
    let trouble = Skipped::Line {
        path,
        number: 3,
        damage: Damage::Form,
    };
    assert_eq!(contents.skipped, std::slice::from_ref(&trouble));
    assert_eq!(register(&paths, second).unwrap().dropped, [trouble]);
    assert_eq!(own(&paths), [first, second]);
}

#[test]
fn a_file_that_is_not_ours_to_trust_is_not_replaced() {
    let scratch = Scratch::new();
    let paths = scratch.paths();
    register(&paths, trial("TRY0000001", 10)).unwrap();
    let path = own_file(&paths);
    let before = fs::read(&path).unwrap();
    fs::set_permissions(&path, Permissions::from_mode(0o620)).unwrap();
    let error = register(&paths, product("PRO0000001")).unwrap_err();
    assert!(
        error.to_string().ends_with("may be written by other users"),
        "{error}"
    );
    assert_eq!(fs::read(&path).unwrap(), before);
    fs::set_permissions(&path, Permissions::from_mode(0o600)).unwrap();
    fs::write(&path, vec![b'#'; LICENSE_FILE_MAX + 1]).unwrap();
    assert_eq!(
        register(&paths, product("PRO0000001")),
        Err(StoreError::TooLong(path.clone()))
    );
    fs::remove_file(&path).unwrap();
    fs::create_dir(&path).unwrap();
    assert!(register(&paths, product("PRO0000001")).is_err());
    assert!(path.is_dir());
}

#[test]
fn writers_at_once_lose_nothing() {
    let scratch = Scratch::new();
    let paths = scratch.paths();
    let numbers: Vec<String> = (0..16).map(|number| format!("TRY{number:07}")).collect();
    let barrier = Barrier::new(numbers.len());
    std::thread::scope(|scope| {
        for number in &numbers {
            let (barrier, paths) = (&barrier, &paths);
            scope.spawn(move || {
                barrier.wait();
                register(paths, trial(number, 10)).unwrap();
                // Whoever reads meanwhile finds whole files only.
                assert_eq!(read(paths).unwrap().skipped, []);
            });
        }
    });
    let mut found: Vec<String> = own(&paths)
        .iter()
        .map(|record| record.serial().to_string())
        .collect();
    found.sort();
    assert_eq!(found, numbers);
}

#[test]
fn a_writer_that_does_not_end_is_not_waited_for_for_ever() {
    let scratch = Scratch::new();
    let paths = scratch.paths();
    let writer = Writer::open(&paths).unwrap();
    assert_eq!(
        register(&paths, product("PRO0000001")),
        Err(StoreError::Busy)
    );
    assert_eq!(own(&paths), [], "reading needs no lock");
    drop(writer);
    register(&paths, product("PRO0000001")).unwrap();
}

#[test]
fn what_a_killed_writer_left_is_no_obstacle() {
    let scratch = Scratch::new();
    let paths = scratch.paths();
    drop(Dir::create(&paths.license_dir(), Rights::Kept).unwrap());
    fs::write(paths.license_dir().join(NEW), "half").unwrap();
    let record = product("PRO0000001");
    register(&paths, record).unwrap();
    assert_eq!(own(&paths), [record]);
    assert!(!paths.license_dir().join(NEW).exists());
}
