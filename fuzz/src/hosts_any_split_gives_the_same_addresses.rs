//! The hosts file gives the same addresses in whatever pieces it is read, those of whole entries for the name and no
//! others.

use super::help::input::{Input, drawn_out, pieces};
use clp_isa::limits::{ADDRESSES_MAX, HOSTS_LINE_MAX};
use clp_isa::resolve::hosts::Search;

/// Bytes: four that say where to cut, the file. The name is `web`.
pub fn check(bytes: &[u8]) {
    let mut input = Input::new(bytes);
    let seed = input.number();
    let file = drawn_out(input.rest(), seed & 1 != 0);
    let (mut whole, mut cut) = (Search::new("web", 25), Search::new("web", 25));
    whole.handle_bytes(&file);
    pieces(&file, seed).for_each(|piece| cut.handle_bytes(piece));
    let found = whole.finish();
    assert_eq!(found, cut.finish());

    let is_blank = |byte: &u8| b" \t\r\x0b\x0c".contains(byte);
    let mut wanted = Vec::new();
    for line in file.split(|&byte| byte == b'\n') {
        // A word that was cut by the line's limit is not a name.
        let held = &line[..line.len().min(HOSTS_LINE_MAX)];
        let entry = held.split(|&byte| byte == b'#').next().unwrap();
        let words: Vec<&[u8]> = entry.split(is_blank).collect();
        let is_cut = line.len() > held.len() && entry.len() == held.len();
        let words = &words[..words.len() - usize::from(is_cut)];
        let mut words = words.iter().filter(|word| !word.is_empty());
        if let Some(address) = words.next()
            && words.any(|word| word.eq_ignore_ascii_case(b"web"))
        {
            wanted.push(String::from_utf8_lossy(address).into_owned());
        }
    }
    assert!(found.len() <= ADDRESSES_MAX.min(wanted.len()));
    let parses = |text: &String| text.split('%').next().unwrap().parse().ok();
    let mut addresses = wanted.iter().filter_map(parses);
    assert!(
        found
            .iter()
            .all(|found| addresses.any(|wanted: core::net::IpAddr| wanted == found.ip()))
    );
}
