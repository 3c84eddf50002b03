//! Which file of the folder holds a chunk.

use serde_json::{Value, json};

use super::fault::{Fault, Result, damaged};
use super::named::{Named, shown};

/// How the place of a chunk in the grid becomes a path.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Keys {
    /// `c/0/1` and not `0.1`.
    prefixed: bool,
    separator: char,
}

impl Keys {
    /// What is written: `c/0/1`.
    pub(super) const DEFAULT: Self = Self { prefixed: true, separator: '/' };

    pub(super) fn parse(value: &Value) -> Result<Self> {
        let named = Named::of(value, "chunk key encoding")?;
        let (prefixed, usual) = match named.name {
            "default" => (true, '/'),
            "v2" => (false, '.'),
            _ => return Err(Fault::Unsupported(format!("the chunk key encoding {}", shown(value)))),
        };
        let separator = match named.option("separator") {
            None => usual,
            Some(Value::String(text)) if text == "/" => '/',
            Some(Value::String(text)) if text == "." => '.',
            Some(other) => {
                return Err(damaged(format!("the separator is {}, expected \"/\" or \".\"", shown(other))));
            }
        };
        Ok(Self { prefixed, separator })
    }

    pub(super) fn spelled(self) -> Value {
        let name = if self.prefixed { "default" } else { "v2" };
        json!({"name": name, "configuration": {"separator": self.separator.to_string()}})
    }

    /// The path below the array's folder.
    pub(super) fn key(self, chunk: &[usize]) -> String {
        let mut key = if self.prefixed { "c".to_string() } else { String::new() };
        for place in chunk {
            if !key.is_empty() {
                key.push(self.separator);
            }
            key += &place.to_string();
        }
        if key.is_empty() { "0".into() } else { key }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn keys_are_those_of_the_specification() {
        for (value, expected) in [
            (json!({"name": "default"}), ["c/1/23", "c/7", "c"]),
            (json!({"name": "default", "configuration": {"separator": "."}}), ["c.1.23", "c.7", "c"]),
            (json!("v2"), ["1.23", "7", "0"]),
            (json!({"name": "v2", "configuration": {"separator": "/"}}), ["1/23", "7", "0"]),
        ] {
            let keys = Keys::parse(&value).unwrap();
            assert_eq!([keys.key(&[1, 23]), keys.key(&[7]), keys.key(&[])], expected, "{value}");
            assert_eq!(Keys::parse(&keys.spelled()).unwrap(), keys);
        }
        assert!(matches!(Keys::parse(&json!("suffix")), Err(Fault::Unsupported(_))));
        let wrong = json!({"name": "v2", "configuration": {"separator": "-"}});
        assert!(matches!(Keys::parse(&wrong), Err(Fault::Damaged(_))));
    }
}
