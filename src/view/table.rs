//! Text in columns, for people: whole, or within a width.
//!
//! Owns widths, cutting and what is left out where there is no room. Pure.

use core::fmt::Write;

/// What stands for the rest of a text that was cut.
const ELLIPSIS: &str = "...";
/// Between two columns.
const GAP: usize = 2;

/// How a column gives way where there is no room for all.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Room {
    /// Always there, never cut.
    Fixed,
    /// Always there, cut where there is no room.
    Cut {
        /// Never below this.
        least: usize,
        /// Down to this before a column is left out.
        usual: usize,
    },
    /// Left out where there is no room; of several, the later ones first.
    Optional,
}

/// A column's heading and how it gives way.
#[derive(Debug, Clone, Copy)]
pub struct Column {
    /// Heading.
    pub name: &'static str,
    /// How it gives way.
    pub room: Room,
}

impl Column {
    pub const fn new(name: &'static str, room: Room) -> Self {
        Self { name, room }
    }
}

/// The colour of a cell on a terminal: the parameters of SGR (ECMA-48, 8.3.117).
pub type Colour = &'static str;

/// One cell. Its text is printable ASCII, or at least one column a character.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Cell {
    /// What it says.
    pub text: String,
    /// Its colour, where there are colours.
    pub colour: Option<Colour>,
}

impl<T: Into<String>> From<T> for Cell {
    fn from(text: T) -> Self {
        Self {
            text: text.into(),
            colour: None,
        }
    }
}

/// The lines of the table, heading first, each without its end and without trailing blanks; within `width` columns,
/// if there is one.
pub fn lines(
    columns: &[Column],
    rows: &[Vec<Cell>],
    width: Option<usize>,
    is_coloured: bool,
) -> Vec<String> {
    let widths = widths(columns, rows, width);
    let heading: Vec<Cell> = columns.iter().map(|column| column.name.into()).collect();
    core::iter::once(&heading)
        .chain(rows)
        .map(|row| line(row, &widths, is_coloured))
        .collect()
}

/// The width of each column; none for one that is left out.
fn widths(columns: &[Column], rows: &[Vec<Cell>], width: Option<usize>) -> Vec<Option<usize>> {
    let natural: Vec<usize> = (0..)
        .zip(columns)
        .map(|(index, column)| {
            let cells = rows.iter().filter_map(|row| row.get(index));
            let widest = cells.map(|cell| length(&cell.text)).max().unwrap_or(0);
            widest.max(length(column.name))
        })
        .collect();
    let mut widths: Vec<Option<usize>> = natural.iter().copied().map(Some).collect();
    let Some(width) = width else {
        return widths;
    };
    if total(&widths) <= width {
        return widths;
    }
    for (place, column) in widths.iter_mut().zip(columns) {
        if let (Room::Cut { usual, .. }, Some(place)) = (column.room, place) {
            *place = usual.min(*place);
        }
    }
    let optional = (0..)
        .zip(columns)
        .filter(|(_, column)| column.room == Room::Optional)
        .map(|(index, _)| index);
    // Ends: one pass over the columns.
    for index in optional.collect::<Vec<usize>>().into_iter().rev() {
        if total(&widths) <= width {
            break;
        }
        if let Some(place) = widths.get_mut(index) {
            *place = None;
        }
    }
    grow(&mut widths, &natural, width);
    // Ends: every turn takes a column away from a text that may be cut further.
    while total(&widths) > width {
        let widest = widths
            .iter_mut()
            .zip(columns)
            .filter_map(|(place, column)| match (column.room, place) {
                (Room::Cut { least, .. }, Some(place)) if *place > least => Some(place),
                _ => None,
            })
            .max_by_key(|place| **place);
        let Some(widest) = widest else {
            break;
        };
        *widest = widest.saturating_sub(1);
    }
    widths
}

/// Gives what is left of `width` to those that need it, the one that lacks least first.
fn grow(widths: &mut [Option<usize>], natural: &[usize], width: usize) {
    // Ends: every turn but the last leaves one fewer that lacks something, and there are few columns.
    loop {
        let left = width.saturating_sub(total(widths));
        let least = widths
            .iter_mut()
            .zip(natural)
            .filter_map(|(place, natural)| {
                let place = place.as_mut()?;
                let lack = natural.saturating_sub(*place);
                (lack > 0).then_some((lack, place))
            })
            .min_by_key(|(lack, _)| *lack);
        match least {
            Some((lack, place)) if left > 0 => *place = place.saturating_add(lack.min(left)),
            _ => return,
        }
    }
}

fn total(widths: &[Option<usize>]) -> usize {
    let there = widths.iter().flatten();
    let gaps = there.clone().count().saturating_sub(1).saturating_mul(GAP);
    there.fold(gaps, |sum, width| sum.saturating_add(*width))
}

fn length(text: &str) -> usize {
    text.chars().count()
}

fn line(row: &[Cell], widths: &[Option<usize>], is_coloured: bool) -> String {
    let mut line = String::new();
    let mut blanks: usize = 0;
    let there = row
        .iter()
        .zip(widths)
        .filter_map(|(cell, width)| Some((cell, (*width)?)));
    for (cell, width) in there {
        let text = cut(&cell.text, width);
        // Writing to a string cannot fail.
        let _ = write!(line, "{:blanks$}", "");
        match cell.colour.filter(|_| is_coloured) {
            Some(colour) => {
                let _ = write!(line, "\x1b[{colour}m{text}\x1b[0m");
            }
            None => line.push_str(&text),
        }
        blanks = width.saturating_sub(length(&text)).saturating_add(GAP);
    }
    line
}

/// `text` within `width` columns, an ellipsis standing for what was cut.
fn cut(text: &str, width: usize) -> String {
    if length(text) <= width {
        return text.into();
    }
    let kept = width.saturating_sub(length(ELLIPSIS));
    let dots = width.min(length(ELLIPSIS));
    text.chars()
        .take(kept)
        .chain(ELLIPSIS.chars().take(dots))
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    const COLUMNS: [Column; 4] = [
        Column::new("NAME", Room::Cut { least: 6, usual: 9 }),
        Column::new("STATE", Room::Fixed),
        Column::new("PID", Room::Optional),
        Column::new("NEXT", Room::Optional),
    ];

    fn rows() -> Vec<Vec<Cell>> {
        let red = Cell {
            text: "dead".into(),
            colour: Some("31"),
        };
        vec![
            vec!["a".into(), "watching".into(), "7".into(), "now".into()],
            vec!["identifier".into(), red, "4711".into(), "-".into()],
        ]
    }

    #[test]
    fn whole_then_without_the_optional_then_cut() {
        let table = [
            (
                None,
                [
                    "NAME        STATE     PID   NEXT",
                    "a           watching  7     now",
                    "identifier  dead      4711  -",
                ],
            ),
            (
                Some(32),
                [
                    "NAME        STATE     PID   NEXT",
                    "a           watching  7     now",
                    "identifier  dead      4711  -",
                ],
            ),
            (
                Some(31),
                [
                    "NAME       STATE     PID   NEXT",
                    "a          watching  7     now",
                    "identi...  dead      4711  -",
                ],
            ),
            (
                Some(30),
                [
                    "NAME        STATE     PID",
                    "a           watching  7",
                    "identifier  dead      4711",
                ],
            ),
            (
                Some(24),
                [
                    "NAME        STATE",
                    "a           watching",
                    "identifier  dead",
                ],
            ),
            (
                Some(18),
                ["NAME      STATE", "a         watching", "ident...  dead"],
            ),
            (
                Some(5),
                ["NAME    STATE", "a       watching", "ide...  dead"],
            ),
        ];
        for (width, expected) in table {
            assert_eq!(
                lines(&COLUMNS, &rows(), width, false),
                expected,
                "{width:?}"
            );
        }
    }

    #[test]
    fn colours_take_no_room() {
        let plain = lines(&COLUMNS, &rows(), Some(18), false);
        let coloured = lines(&COLUMNS, &rows(), Some(18), true);
        assert!(coloured[2].contains("\x1b[31mdead\x1b[0m"), "{coloured:?}");
        let stripped: Vec<String> = coloured
            .iter()
            .map(|line| line.replace("\x1b[31m", "").replace("\x1b[0m", ""))
            .collect();
        assert_eq!(stripped, plain);
    }

    #[test]
    fn without_rows_the_heading_alone() {
        assert_eq!(
            lines(&COLUMNS, &[], Some(80), true),
            ["NAME  STATE  PID  NEXT"]
        );
    }

    #[test]
    fn cuts() {
        for (width, text) in [(9, "identifier"), (3, "abcd"), (2, "abc"), (0, "x")] {
            assert_eq!(length(&cut(text, width)), width, "{text}");
        }
        assert_eq!(cut("identifier", 7), "iden...");
        assert_eq!(cut("abc", 3), "abc");
    }
}
