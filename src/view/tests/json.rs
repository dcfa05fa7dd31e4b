//! JSON (RFC 8259), as much of it as the product writes: read to the end, character by character.

/// The strings in `text`, names included, in their order; nothing if it is not one value of JSON.
pub(super) fn strings(text: &str) -> Option<Vec<String>> {
    let mut reader = Reader {
        left: text,
        strings: Vec::new(),
    };
    reader.value()?;
    reader
        .left
        .trim_start()
        .is_empty()
        .then_some(reader.strings)
}

struct Reader<'a> {
    left: &'a str,
    strings: Vec<String>,
}

impl Reader<'_> {
    fn take(&mut self, token: &str) -> Option<()> {
        self.left = self.left.trim_start().strip_prefix(token)?;
        Some(())
    }

    fn value(&mut self) -> Option<()> {
        if self.take("{").is_some() {
            self.list("}", |reader| {
                reader.string()?;
                reader.take(":")?;
                reader.value()
            })
        } else if self.take("[").is_some() {
            self.list("]", Self::value)
        } else {
            let words = ["null", "true", "false"];
            let word = words.iter().find_map(|word| self.take(word));
            word.or_else(|| self.number()).or_else(|| self.string())
        }
    }

    /// One or more of what `item` reads, with commas between them, or none, and `end`.
    fn list(&mut self, end: &str, item: fn(&mut Self) -> Option<()>) -> Option<()> {
        if self.take(end).is_some() {
            return Some(());
        }
        item(self)?;
        while self.take(",").is_some() {
            item(self)?;
        }
        self.take(end)
    }

    /// A whole number that is not negative.
    fn number(&mut self) -> Option<()> {
        let rest = self.left.trim_start_matches(|c: char| c.is_ascii_digit());
        let digits = self.left.strip_suffix(rest)?;
        let is_number = !digits.is_empty() && (digits == "0" || !digits.starts_with('0'));
        is_number.then(|| self.left = rest)
    }

    fn string(&mut self) -> Option<()> {
        self.take("\"")?;
        let mut text = String::new();
        let mut characters = self.left.chars();
        loop {
            text.push(match characters.next()? {
                '"' => break,
                '\\' => match characters.next()? {
                    'u' => {
                        let digits: String = characters.by_ref().take(4).collect();
                        char::from_u32(u32::from_str_radix(&digits, 16).ok()?)?
                    }
                    same @ ('"' | '\\' | '/') => same,
                    _ => return None,
                },
                '\0'..' ' => return None,
                character => character,
            });
        }
        self.left = characters.as_str();
        self.strings.push(text);
        Some(())
    }
}
