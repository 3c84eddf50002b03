//! How the format spells what can be extended: `"int8"`, or `{"name": "bytes", "configuration": {...}}`.

use serde_json::{Map, Value};

use super::fault::{Result, damaged};

/// A name with its options.
pub(super) struct Named<'v> {
    pub(super) name: &'v str,
    configuration: Option<&'v Map<String, Value>>,
}

impl<'v> Named<'v> {
    /// From its JSON; `what` is the word for it in a message.
    pub(super) fn of(value: &'v Value, what: &str) -> Result<Self> {
        let (name, configuration) = match value {
            Value::String(name) => (Some(name.as_str()), None),
            Value::Object(fields) => {
                let configuration = match fields.get("configuration") {
                    None | Some(Value::Null) => None,
                    Some(Value::Object(options)) => Some(options),
                    Some(other) => {
                        return Err(damaged(format!(
                            "the configuration of a {what} is {}, expected an object",
                            shown(other)
                        )));
                    }
                };
                (fields.get("name").and_then(Value::as_str), configuration)
            }
            _ => (None, None),
        };
        let name = name.ok_or_else(|| {
            damaged(format!("a {what} is {}, expected a name or an object with one", shown(value)))
        })?;
        Ok(Self { name, configuration })
    }

    /// One of its options.
    pub(super) fn option(&self, key: &str) -> Option<&'v Value> {
        self.configuration.and_then(|options| options.get(key)).filter(|value| !value.is_null())
    }

    /// An option that has to be there.
    pub(super) fn required(&self, key: &str) -> Result<&'v Value> {
        self.option(key).ok_or_else(|| damaged(format!("{:?} has no {key:?}", self.name)))
    }
}

/// A list of whole numbers, such as a shape.
pub(super) fn lengths(value: &Value, what: &str) -> Result<Vec<usize>> {
    let numbers = value.as_array().and_then(|items| {
        items.iter().map(|item| item.as_u64().and_then(|n| usize::try_from(n).ok())).collect()
    });
    numbers.ok_or_else(|| damaged(format!("{what} is {}, expected a list of whole numbers", shown(value))))
}

/// A value in a message: not all of it where it is long.
pub(super) fn shown(value: &Value) -> String {
    const MOST: usize = 60;
    let text = value.to_string();
    match text.char_indices().nth(MOST) {
        Some((end, _)) => format!("{}...", &text[..end]),
        None => text,
    }
}
