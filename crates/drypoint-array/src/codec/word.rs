//! Unsigned integers of 1, 2, 4 and 8 bytes, read and written wherever they lie.

/// An item's bits as a number.
pub(super) trait Word: Copy + Send + Sync + 'static {
    const BYTES: usize;
    const ZERO: Self;
    /// From the first bytes.
    fn read(bytes: &[u8]) -> Self;
    /// To the first bytes.
    fn write(self, bytes: &mut [u8]);
    fn add(self, other: Self) -> Self;
    fn sub(self, other: Self) -> Self;
    fn or(self, other: Self) -> Self;
    fn wide(self) -> u64;
    /// The low bits.
    fn low(wide: u64) -> Self;
    /// 0, -1, 1, -2, ... become 0, 1, 2, 3, ...
    fn zigzag(self) -> Self;
    fn unzigzag(self) -> Self;
    fn swap(self) -> Self;
}

macro_rules! word {
    ($unsigned:ty, $signed:ty) => {
        impl Word for $unsigned {
            const BYTES: usize = size_of::<$unsigned>();
            const ZERO: Self = 0;
            #[inline(always)]
            fn read(bytes: &[u8]) -> Self {
                let mut word = [0; size_of::<$unsigned>()];
                word.copy_from_slice(&bytes[..size_of::<$unsigned>()]);
                Self::from_ne_bytes(word)
            }
            #[inline(always)]
            fn write(self, bytes: &mut [u8]) {
                bytes[..size_of::<$unsigned>()].copy_from_slice(&self.to_ne_bytes());
            }
            #[inline(always)]
            fn add(self, other: Self) -> Self {
                self.wrapping_add(other)
            }
            #[inline(always)]
            fn sub(self, other: Self) -> Self {
                self.wrapping_sub(other)
            }
            #[inline(always)]
            fn or(self, other: Self) -> Self {
                self | other
            }
            #[inline(always)]
            fn wide(self) -> u64 {
                self.into()
            }
            #[inline(always)]
            fn low(wide: u64) -> Self {
                wide as Self
            }
            #[inline(always)]
            fn zigzag(self) -> Self {
                (self << 1) ^ ((self as $signed) >> (Self::BITS - 1)) as Self
            }
            #[inline(always)]
            fn unzigzag(self) -> Self {
                (self >> 1) ^ (self & 1).wrapping_neg()
            }
            #[inline(always)]
            fn swap(self) -> Self {
                self.swap_bytes()
            }
        }
    };
}
word!(u8, i8);
word!(u16, i16);
word!(u32, i32);
word!(u64, i64);

/// Call `function::<W>(...)`, or `function::<W, More>(...)`, with the word of `width` bytes.
macro_rules! with_word {
    ($width:expr, $function:ident $([$more:ty])? ($($argument:expr),* $(,)?)) => {
        match $width {
            1 => $function::<u8 $(, $more)?>($($argument),*),
            2 => $function::<u16 $(, $more)?>($($argument),*),
            4 => $function::<u32 $(, $more)?>($($argument),*),
            _ => $function::<u64 $(, $more)?>($($argument),*),
        }
    };
}
pub(super) use with_word;
