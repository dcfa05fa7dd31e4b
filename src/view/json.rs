//! JSON (RFC 8259), as much of it as is written here: objects and arrays on one line.
//!
//! Owns commas, quotes and escapes. Pure.

use core::fmt::Write;

/// A JSON object being written.
#[derive(Debug)]
pub struct Object(String);

/// What a field can be.
#[derive(Debug, Clone)]
pub enum Value {
    /// `null`.
    Null,
    /// A truth value.
    Bool(bool),
    /// A whole number.
    Number(u64),
    /// Text.
    Text(String),
    /// An object.
    Object(String),
}

impl Object {
    /// An object without fields.
    pub fn new() -> Self {
        Self("{".into())
    }

    /// The object with one more field.
    pub fn with(self, name: &str, value: impl Into<Value>) -> Self {
        self.with_value(name, value.into())
    }

    /// One function for all kinds: the generic one above would be compiled for each, and the binary be larger.
    fn with_value(mut self, name: &str, value: Value) -> Self {
        if self.0.len() > 1 {
            self.0.push(',');
        }
        write_text(&mut self.0, name);
        self.0.push(':');
        // Writing to a string cannot fail.
        let _ = match value {
            Value::Null => write!(self.0, "null"),
            Value::Bool(value) => write!(self.0, "{value}"),
            Value::Number(value) => write!(self.0, "{value}"),
            Value::Text(text) => {
                write_text(&mut self.0, &text);
                Ok(())
            }
            Value::Object(text) => write!(self.0, "{text}"),
        };
        self
    }

    /// The object's text.
    pub fn end(mut self) -> String {
        self.0.push('}');
        self.0
    }
}

/// The lines of an array of `objects`, one object a line.
pub fn array(objects: &[String]) -> String {
    if objects.is_empty() {
        return "[]\n".into();
    }
    format!("[\n{}\n]\n", objects.join(",\n"))
}

fn write_text(out: &mut String, text: &str) {
    out.push('"');
    for character in text.chars() {
        match character {
            '"' | '\\' => {
                out.push('\\');
                out.push(character);
            }
            // Written out as well: it would reach a terminal as it is (ECMA-48's controls end at 0x9f).
            character if character.is_control() => {
                let _ = write!(out, "\\u{:04x}", u32::from(character));
            }
            character => out.push(character),
        }
    }
    out.push('"');
}

impl From<bool> for Value {
    fn from(value: bool) -> Self {
        Self::Bool(value)
    }
}

impl From<&str> for Value {
    fn from(text: &str) -> Self {
        Self::Text(text.into())
    }
}

impl From<String> for Value {
    fn from(text: String) -> Self {
        Self::Text(text)
    }
}

impl From<Object> for Value {
    fn from(object: Object) -> Self {
        Self::Object(object.end())
    }
}

impl From<u8> for Value {
    fn from(number: u8) -> Self {
        Self::Number(number.into())
    }
}

impl From<u16> for Value {
    fn from(number: u16) -> Self {
        Self::Number(number.into())
    }
}

impl From<u32> for Value {
    fn from(number: u32) -> Self {
        Self::Number(number.into())
    }
}

impl From<u64> for Value {
    fn from(number: u64) -> Self {
        Self::Number(number)
    }
}

/// In milliseconds.
impl From<core::time::Duration> for Value {
    fn from(span: core::time::Duration) -> Self {
        Self::Number(u64::try_from(span.as_millis()).unwrap_or(u64::MAX))
    }
}

impl<T: Into<Self>> From<Option<T>> for Value {
    fn from(value: Option<T>) -> Self {
        value.map_or(Self::Null, Into::into)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_kind_of_value() {
        let inner = Object::new().with("a", 1_u16).with("b", 2_u64);
        let object = Object::new()
            .with("text", "q\"b\\n\n\u{9b}é")
            .with("none", None::<&str>)
            .with("yes", true)
            .with("time", core::time::Duration::from_millis(1500))
            .with("inner", inner)
            .end();
        assert_eq!(
            object,
            r#"{"text":"q\"b\\n\u000a\u009bé","none":null,"yes":true,"time":1500,"inner":{"a":1,"b":2}}"#
        );
        assert_eq!(Object::new().end(), "{}");
    }

    #[test]
    fn arrays() {
        assert_eq!(array(&[]), "[]\n");
        assert_eq!(array(&["{}".into(), "{}".into()]), "[\n{},\n{}\n]\n");
    }
}
