//! A plain reading of a hosts file: the whole of it at once, slow and short.

use clp_isa_core::limits::HOSTS_LINE_MAX;
use core::net::IpAddr;

/// The addresses, without their zones, of `file`'s whole entries for `name`, in its order; repeated ones too.
pub fn addresses_of(file: &[u8], name: &[u8]) -> Vec<IpAddr> {
    file.split(|&byte| byte == b'\n')
        .filter_map(|line| address_of(line, name))
        .collect()
}

fn address_of(line: &[u8], name: &[u8]) -> Option<IpAddr> {
    let is_blank = |byte: &u8| b" \t\r\x0b\x0c".contains(byte);
    // A word that was cut by the line's limit is not a name.
    let held = &line[..line.len().min(HOSTS_LINE_MAX)];
    let entry = held.split(|&byte| byte == b'#').next().unwrap();
    let words: Vec<&[u8]> = entry.split(is_blank).collect();
    let is_cut = line.len() > held.len() && entry.len() == held.len();
    let words = &words[..words.len() - usize::from(is_cut)];
    let mut words = words.iter().filter(|word| !word.is_empty());
    let address = core::str::from_utf8(words.next()?).ok()?;
    if !words.any(|word| word.eq_ignore_ascii_case(name)) {
        return None;
    }
    address.split('%').next()?.parse().ok()
}
