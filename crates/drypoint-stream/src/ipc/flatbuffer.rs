//! The little of FlatBuffers that IPC metadata needs: tables, vectors, strings, each access checked.
//!
//! `arrow-ipc` has generated accessors, but it brings `arrow-select` and `arrow-cmp` along, a minute of build for
//! a hundred lines that read offsets (decision 0006).

/// The metadata points outside itself.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Damaged;

pub(super) type Checked<T> = Result<T, Damaged>;

fn bytes_at<const N: usize>(bytes: &[u8], at: usize) -> Checked<[u8; N]> {
    let end = at.checked_add(N).ok_or(Damaged)?;
    bytes.get(at..end).and_then(|found| found.try_into().ok()).ok_or(Damaged)
}

/// The position that the offset at `at` points to. Offsets count from where they stand and only go forward.
fn follow(bytes: &[u8], at: usize) -> Checked<usize> {
    let distance = u32::from_le_bytes(bytes_at(bytes, at)?) as usize;
    at.checked_add(distance).filter(|target| distance > 0 && *target < bytes.len()).ok_or(Damaged)
}

/// A table: fields found through a table of their places, absent ones having their default.
#[derive(Debug, Clone, Copy)]
pub(super) struct Table<'a> {
    bytes: &'a [u8],
    at: usize,
}

impl<'a> Table<'a> {
    /// The table that a whole buffer holds.
    pub(super) fn root(bytes: &'a [u8]) -> Checked<Self> {
        Ok(Self { bytes, at: follow(bytes, 0)? })
    }

    fn field(&self, index: usize) -> Checked<Option<usize>> {
        let back = i64::from(i32::from_le_bytes(bytes_at(self.bytes, self.at)?));
        let places = usize::try_from(self.at as i64 - back).map_err(|_| Damaged)?;
        let size = usize::from(u16::from_le_bytes(bytes_at(self.bytes, places)?));
        let slot = 4 + 2 * index;
        if slot + 2 > size {
            return Ok(None);
        }
        let distance = usize::from(u16::from_le_bytes(bytes_at(self.bytes, places + slot)?));
        Ok(if distance == 0 { None } else { Some(self.at + distance) })
    }

    fn scalar<const N: usize>(&self, index: usize) -> Checked<Option<[u8; N]>> {
        self.field(index)?.map(|at| bytes_at(self.bytes, at)).transpose()
    }

    pub(super) fn u8(&self, index: usize) -> Checked<u8> {
        Ok(self.scalar(index)?.map_or(0, u8::from_le_bytes))
    }

    pub(super) fn i16(&self, index: usize, default: i16) -> Checked<i16> {
        Ok(self.scalar(index)?.map_or(default, i16::from_le_bytes))
    }

    pub(super) fn i32(&self, index: usize, default: i32) -> Checked<i32> {
        Ok(self.scalar(index)?.map_or(default, i32::from_le_bytes))
    }

    pub(super) fn i64(&self, index: usize) -> Checked<i64> {
        Ok(self.scalar(index)?.map_or(0, i64::from_le_bytes))
    }

    pub(super) fn table(&self, index: usize) -> Checked<Option<Table<'a>>> {
        let Some(at) = self.field(index)? else { return Ok(None) };
        Ok(Some(Table { bytes: self.bytes, at: follow(self.bytes, at)? }))
    }

    /// The bytes of a vector of items of `size` bytes each, none where it is absent.
    pub(super) fn vector(&self, index: usize, size: usize) -> Checked<&'a [u8]> {
        let Some((start, count)) = self.vector_place(index)? else { return Ok(&[]) };
        let end = count.checked_mul(size).and_then(|len| len.checked_add(start)).ok_or(Damaged)?;
        self.bytes.get(start..end).ok_or(Damaged)
    }

    fn vector_place(&self, index: usize) -> Checked<Option<(usize, usize)>> {
        let Some(at) = self.field(index)? else { return Ok(None) };
        let start = follow(self.bytes, at)?;
        Ok(Some((start + 4, u32::from_le_bytes(bytes_at(self.bytes, start)?) as usize)))
    }

    pub(super) fn string(&self, index: usize) -> Checked<Option<&'a str>> {
        if self.field(index)?.is_none() {
            return Ok(None);
        }
        std::str::from_utf8(self.vector(index, 1)?).map(Some).map_err(|_| Damaged)
    }

    /// The tables of a vector of tables.
    pub(super) fn tables(&self, index: usize) -> Checked<impl Iterator<Item = Checked<Table<'a>>> + use<'a>> {
        let count = self.vector(index, 4)?.len() / 4;
        let start = self.vector_place(index)?.map_or(0, |(start, _)| start);
        let bytes = self.bytes;
        Ok((0..count).map(move |item| Ok(Table { bytes, at: follow(bytes, start + 4 * item)? })))
    }
}
