//! What a `zarr.json` says of an array.

use serde_json::{Map, Value, json};

use super::chain::{Chain, Item};
use super::fault::{Fault, Result, damaged};
use super::keys::Keys;
use super::named::{Named, lengths, shown};
use super::{data_type, fill};
use crate::DType;

/// Fields that mean something here, and `node_type` and `zarr_format`, which were looked at before.
const KNOWN: [&str; 12] = [
    "attributes",
    "chunk_grid",
    "chunk_key_encoding",
    "codecs",
    "consolidated_metadata",
    "data_type",
    "dimension_names",
    "fill_value",
    "node_type",
    "shape",
    "storage_transformers",
    "zarr_format",
];

/// How an array is stored.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Metadata {
    pub(super) dtype: DType,
    pub(super) shape: Vec<usize>,
    /// Items of what one file holds.
    pub(super) chunk_shape: Vec<usize>,
    pub(super) keys: Keys,
    pub(super) item: Item,
    pub(super) chain: Chain,
    pub(super) dimension_names: Option<Vec<Option<String>>>,
}

impl Metadata {
    pub(super) fn parse(fields: &Map<String, Value>) -> Result<Self> {
        for (name, value) in fields {
            // The specification lets others add fields that may be passed over, if they say so.
            let harmless = value.get("must_understand") == Some(&Value::Bool(false));
            if !KNOWN.contains(&name.as_str()) && !harmless {
                return Err(Fault::Unsupported(format!("the field {name:?}")));
            }
        }
        let field =
            |name: &str| fields.get(name).ok_or_else(|| damaged(format!("there is no field {name:?}")));
        let dtype = data_type::parse(field("data_type")?)?;
        let shape = lengths(field("shape")?, "the shape")?;
        let chunk_shape = regular_grid(field("chunk_grid")?)?;
        if chunk_shape.len() != shape.len() || chunk_shape.contains(&0) {
            return Err(damaged(format!(
                "an array of shape {shape:?} cannot have chunks of {chunk_shape:?}"
            )));
        }
        for lengths in [&shape, &chunk_shape] {
            let bytes = lengths
                .iter()
                .try_fold(dtype.item_bytes(), |bytes, length| bytes.checked_mul((*length).max(1)));
            if bytes.is_none_or(|bytes| bytes > isize::MAX as usize) {
                return Err(Fault::Unsupported(format!("a shape of {lengths:?}")));
            }
        }
        let item = Item::new(&dtype, fill::parse(field("fill_value")?, &dtype)?);
        let chain = Chain::parse(field("codecs")?, &chunk_shape, &item)?;
        let keys = Keys::parse(field("chunk_key_encoding")?)?;
        match fields.get("storage_transformers") {
            None | Some(Value::Null) => {}
            Some(Value::Array(none)) if none.is_empty() => {}
            Some(other) => {
                return Err(Fault::Unsupported(format!("the storage transformer {}", shown(other))));
            }
        }
        let dimension_names = dimension_names(fields.get("dimension_names"), shape.len())?;
        Ok(Self { dtype, shape, chunk_shape, keys, item, chain, dimension_names })
    }

    /// The `zarr.json` of it.
    pub(super) fn spelled(&self, attributes: &Map<String, Value>) -> Result<Value> {
        let mut fields = json!({
            "shape": self.shape,
            "data_type": data_type::spelled(&self.dtype)?,
            "chunk_grid": {"name": "regular", "configuration": {"chunk_shape": self.chunk_shape}},
            "chunk_key_encoding": self.keys.spelled(),
            "fill_value": fill::spelled(&self.item.fill, &self.dtype)?,
            "codecs": self.chain.spelled(),
            "attributes": attributes,
            "zarr_format": 3,
            "node_type": "array",
            "storage_transformers": [],
        });
        if let Some(names) = &self.dimension_names {
            fields["dimension_names"] = json!(names);
        }
        Ok(fields)
    }
}

fn regular_grid(value: &Value) -> Result<Vec<usize>> {
    let named = Named::of(value, "chunk grid")?;
    if named.name != "regular" {
        return Err(Fault::Unsupported(format!("the chunk grid {:?}", named.name)));
    }
    lengths(named.required("chunk_shape")?, "the shape of the chunks")
}

fn dimension_names(value: Option<&Value>, axes: usize) -> Result<Option<Vec<Option<String>>>> {
    let Some(value) = value.filter(|value| !value.is_null()) else { return Ok(None) };
    let names: Option<Vec<Option<String>>> = value.as_array().and_then(|names| {
        let name = |name: &Value| match name {
            Value::Null => Some(None),
            Value::String(text) => Some(Some(text.clone())),
            _ => None,
        };
        names.iter().map(name).collect()
    });
    let wrong = || damaged(format!("dimension_names is {}, expected {axes} names", shown(value)));
    names.filter(|names| names.len() == axes).map(Some).ok_or_else(wrong)
}
