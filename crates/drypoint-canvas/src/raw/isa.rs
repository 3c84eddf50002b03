//! One loop, compiled three times, chosen at run time.
//!
//! The loops are plain Rust that the compiler vectorises; in the prototype hand-written intrinsics were not faster.

/// The instruction set the loops run on.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Isa(Level);

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[cfg_attr(not(target_arch = "x86_64"), allow(dead_code))]
pub(super) enum Level {
    Baseline,
    Avx2,
    Avx512,
}

impl Isa {
    /// The best one of this processor.
    pub(crate) fn detect() -> Self {
        #[cfg(target_arch = "x86_64")]
        {
            let avx512 = is_x86_feature_detected!("avx512f")
                && is_x86_feature_detected!("avx512vl")
                && is_x86_feature_detected!("avx512dq")
                && is_x86_feature_detected!("avx512bw");
            if avx512 {
                return Self(Level::Avx512);
            }
            if is_x86_feature_detected!("avx2") {
                return Self(Level::Avx2);
            }
        }
        Self(Level::Baseline)
    }

    /// Every one that this processor has, the plainest first.
    #[cfg(test)]
    pub(crate) fn all() -> Vec<Self> {
        let levels: &[Level] = match Self::detect().0 {
            Level::Baseline => &[Level::Baseline],
            Level::Avx2 => &[Level::Baseline, Level::Avx2],
            Level::Avx512 => &[Level::Baseline, Level::Avx2, Level::Avx512],
        };
        levels.iter().map(|level| Self(*level)).collect()
    }

    pub(super) fn level(self) -> Level {
        self.0
    }
}

/// Defines `name(isa, arguments)` that runs the `#[inline(always)]` function `body` for the instruction set `isa`.
macro_rules! for_each_isa {
    ($(#[$meta:meta])* $visibility:vis fn $name:ident($($argument:ident: $type:ty),* $(,)?) $(-> $result:ty)? = $body:path;) => {
        $(#[$meta])*
        #[allow(clippy::too_many_arguments)]
        $visibility fn $name(isa: $crate::raw::isa::Isa, $($argument: $type),*) $(-> $result)? {
            #[cfg(target_arch = "x86_64")]
            {
                #[target_feature(enable = "avx2")]
                fn avx2($($argument: $type),*) $(-> $result)? {
                    $body($($argument),*)
                }
                #[target_feature(enable = "avx512f,avx512vl,avx512dq,avx512bw")]
                fn avx512($($argument: $type),*) $(-> $result)? {
                    $body($($argument),*)
                }
                match isa.level() {
                    // SAFETY: an `Isa` of this level is only made by `Isa::detect` (or `Isa::all`, from it) on a
                    // processor that has the features.
                    $crate::raw::isa::Level::Avx512 => return unsafe { avx512($($argument),*) },
                    // SAFETY: as above.
                    $crate::raw::isa::Level::Avx2 => return unsafe { avx2($($argument),*) },
                    $crate::raw::isa::Level::Baseline => {}
                }
            }
            #[cfg(not(target_arch = "x86_64"))]
            debug_assert_eq!(isa.level(), $crate::raw::isa::Level::Baseline);
            $body($($argument),*)
        }
    };
}
pub(super) use for_each_isa;
