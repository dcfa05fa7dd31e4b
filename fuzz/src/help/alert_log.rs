//! A plain reading of the alert log.

use clp_isa_core::limits::LINE_MAX;

/// What a line of the log, which is without its end, has for each column of the alert view; nothing if it is not whole.
pub fn cells(line: &[u8]) -> Option<[String; 6]> {
    let text = String::from_utf8_lossy(line);
    let mut cells: [String; 6] = text
        .splitn(6, '\t')
        .map(|cell| cell.replace(char::is_control, "?"))
        .collect::<Vec<String>>()
        .try_into()
        .ok()?;
    cells[4] = cells[4].parse::<u8>().ok()?.to_string();
    (line.len() < LINE_MAX).then_some(cells)
}
