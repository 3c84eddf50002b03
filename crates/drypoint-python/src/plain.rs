//! Arrow arrays as NumPy has them: one item a row, NaN or NaT where a value is missing.

use std::ffi::CStr;

use arrow_array::cast::AsArray;
use arrow_array::types::{
    ArrowPrimitiveType, Float32Type, Float64Type, Int8Type, Int16Type, Int32Type, Int64Type, UInt8Type,
    UInt16Type, UInt32Type, UInt64Type,
};
use arrow_array::{Array, ArrayRef, PrimitiveArray};
use arrow_buffer::Buffer;
use arrow_schema::DataType;

use num_traits::AsPrimitive;

use crate::error::CoreError;

/// The bytes of a numeric array and the format of an item as `struct` writes it. Not copied where no value is missing.
pub(crate) fn plain(array: &ArrayRef) -> Result<(Buffer, &'static CStr), CoreError> {
    // Instants and spans are their integers; NumPy's days have 64 bits.
    let array = &match array.data_type() {
        DataType::Date32 => return Ok(widened(&integers::<Int32Type>(array))),
        DataType::Timestamp(..) | DataType::Duration(_) | DataType::Date64 | DataType::Time64(_) => {
            return Ok(widened(&integers::<Int64Type>(array)));
        }
        DataType::Time32(_) => return Ok(widened(&integers::<Int32Type>(array))),
        _ => array.clone(),
    };
    Ok(match array.data_type() {
        DataType::Boolean if array.null_count() == 0 => {
            (array.as_boolean().values().iter().map(u8::from).collect(), c"?")
        }
        DataType::Boolean => {
            let values = array.as_boolean().iter();
            (values.map(|value| value.map_or(f64::NAN, |value| f64::from(u8::from(value)))).collect(), c"d")
        }
        DataType::Int8 => number::<Int8Type>(array, c"b"),
        DataType::Int16 => number::<Int16Type>(array, c"h"),
        DataType::Int32 => number::<Int32Type>(array, c"i"),
        DataType::Int64 => number::<Int64Type>(array, c"q"),
        DataType::UInt8 => number::<UInt8Type>(array, c"B"),
        DataType::UInt16 => number::<UInt16Type>(array, c"H"),
        DataType::UInt32 => number::<UInt32Type>(array, c"I"),
        DataType::UInt64 => number::<UInt64Type>(array, c"Q"),
        DataType::Float32 => number::<Float32Type>(array, c"f"),
        DataType::Float64 => number::<Float64Type>(array, c"d"),
        DataType::List(_) | DataType::Struct(_) => {
            let what = "a column of lists is no array of NumPy; take the batch as Arrow: pyarrow.record_batch(batch)";
            return Err(CoreError::Argument(what.into()));
        }
        other => return Err(CoreError::Argument(format!("a column of {other} is not an array of numbers"))),
    })
}

/// The strings of a text array, plain or by dictionary.
pub(crate) fn strings(array: &ArrayRef) -> Result<Vec<Option<&str>>, CoreError> {
    match array.data_type() {
        DataType::Utf8 => Ok(array.as_string::<i32>().iter().collect()),
        DataType::LargeUtf8 => Ok(array.as_string::<i64>().iter().collect()),
        DataType::Dictionary(..) => {
            let dictionary = array.as_any_dictionary();
            let words = strings(dictionary.values())?;
            let keys = dictionary.normalized_keys();
            Ok(keys
                .iter()
                .enumerate()
                .map(|(row, &key)| if array.is_null(row) { None } else { words[key] })
                .collect())
        }
        other => Err(CoreError::Argument(format!("a column of {other} is not text"))),
    }
}

fn number<T: ArrowPrimitiveType>(array: &ArrayRef, format: &'static CStr) -> (Buffer, &'static CStr)
where
    T::Native: AsPrimitive<f64>,
{
    let values: &PrimitiveArray<T> = array.as_primitive();
    if array.null_count() == 0 {
        return (values.values().inner().clone(), format);
    }
    // As pandas does: float64, rounded where an integer has more than 53 bits.
    (values.iter().map(|value| value.map_or(f64::NAN, AsPrimitive::as_)).collect(), c"d")
}

fn integers<T: ArrowPrimitiveType>(array: &ArrayRef) -> Vec<Option<T::Native>> {
    let data = array.to_data().into_builder().data_type(T::DATA_TYPE);
    // The same buffers under the name of their physical type, which the caller matched to the logical one.
    data.build()
        .map_or_else(|_| vec![None; array.len()], |data| PrimitiveArray::<T>::from(data).iter().collect())
}

fn widened<N: Into<i64> + Copy>(values: &[Option<N>]) -> (Buffer, &'static CStr) {
    (values.iter().map(|value| value.map_or(i64::MIN, Into::into)).collect(), c"q")
}
