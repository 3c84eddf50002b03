//! Which columns of plain bytes hold bytes and which hold text.
//!
//! Older writers do not mark their strings, so that a column of bytes without a mark is read as text. That it holds bytes is
//! told by Arrow's schema, which Arrow's own writers put beside Parquet's, or by the description of GeoParquet.

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use parquet::file::metadata::FileMetaData;

use crate::DataType;

/// The names of the columns that are said to hold bytes; what cannot be understood says nothing.
pub(super) fn columns(metadata: &FileMetaData) -> Vec<String> {
    let mut names = Vec::new();
    for pair in metadata.key_value_metadata().into_iter().flatten() {
        let Some(value) = &pair.value else { continue };
        match pair.key.as_str() {
            "ARROW:schema" => names.extend(arrow(value)),
            "geo" => names.extend(geo(value)),
            _ => {}
        }
    }
    names
}

fn arrow(value: &str) -> Vec<String> {
    let fields = STANDARD.decode(value).ok().and_then(|bytes| crate::ipc::schema_of(&bytes));
    let fields = fields.map(|schema| schema.fields).unwrap_or_default();
    fields.into_iter().filter(|field| field.data_type == DataType::Binary).map(|field| field.name).collect()
}

fn geo(value: &str) -> Vec<String> {
    let described: Option<serde_json::Value> = serde_json::from_str(value).ok();
    let columns = described.as_ref().and_then(|described| described.get("columns")?.as_object());
    let wkb = |column: &serde_json::Value| {
        column.get("encoding").and_then(|encoding| encoding.as_str()).is_some_and(|name| name == "WKB")
    };
    columns.into_iter().flatten().filter(|(_, column)| wkb(column)).map(|(name, _)| name.clone()).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_no_description_says_nothing() {
        for value in
            ["", "{", "[1]", r#"{"columns": 3}"#, r#"{"columns": {"g": 1, "h": {"encoding": "point"}}}"#]
        {
            assert!(geo(value).is_empty());
        }
        let value =
            r#"{"primary_column": "g", "columns": {"g": {"encoding": "WKB"}, "h": {"encoding": "WKB"}}}"#;
        assert_eq!(geo(value), ["g", "h"]);
        for value in ["", "?", "AAAA", "/////wAAAAA=", "//////////8="] {
            assert!(arrow(value).is_empty());
        }
    }
}
